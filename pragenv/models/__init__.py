"""Language models behind one protocol: `local` (transformers), `endpoint` (OpenAI-compatible), `mini` (bundled)."""
