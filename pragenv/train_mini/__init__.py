"""The bundled mini model, made from nothing: corpus, tokenizer, training, evaluation, card (`pragenv train-mini`)."""
