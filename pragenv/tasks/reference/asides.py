"""What holds a word for a feature, or one that looks like a misspelt one, and has nothing to do with it."""

from __future__ import annotations

# Everyday words that a repair of misspelt ones, or their stem, would take for a value.
_WORDS = """
    back start starting hear hearing heat late later plan planning play playing pain paid making formal float shared
    share side sides split sports speaks stories string tree meal meta point points painted spot granted glossy check
    checking checker corner length whistle strip pint solver forum mark hearted heartily
    marks marked building buildings measure measures measured minute minutes carry ticket bass band bank baker plane
    faster stock tower peace west nicely partly purely strike striking writer panel bulk cheeky greet scale eaten lounge
    sender swimmer cheque ripped builder ally pedals papers mental stare stares staring stair stairs stark hearth tick
    ticks ticked violent brow robber lather irony cared weave brands flattered cheery preach rounds glasses largely
    plainly thinly thickly flatly tightly narrowly hugely massively squarely roundly crossly checkmate starstruck
    bar bear bears speed cars port grind grinding
    strictly reader leader longing tighten widely roughly bluetooth rosette
"""
_PHRASES = """
    long story, long story short, long and short, long day, long time, long way, long shot, long ago, long run,
    long as, long enough, long before, long last, so long as, any longer, bit longer, little longer, much longer,
    take longer, all day long, at length, long have, long do, long did, long does, long will, long can, long until,
    long should, long for, how long have, how long do, how long did, how long does, how long will, how long can,
    how long until, how long should, how long are you, how long are we, by and large, at large, big deal, big fan,
    big time, big help, big thanks, big hand, big picture, big day, big hint, big clue, big smile, big mistake,
    big hug, huge help, huge thanks, huge fan, huge hint, huge difference, huge mistake, big difference, giant leap,
    massive help, massive thanks, a little, a little bit, little bit, little help, little by little, little while,
    little hint, little clue, little more, little less, little hard, little tricky, little unsure, little confused,
    little game, little time, small talk, small favour, small world, small print, small hint, small clue,
    small mistake, small problem, wee bit, tiny bit, tiny hint, tiny clue, tall order, tall tale, thin air,
    thin ice, thick and thin, thick of it, thick skinned, bit thick, slim chance, slim chances, fat chance,
    wide awake, wide open, far and wide, broad hint, broad daylight, broadly speaking, flat out, flat no, fell flat,
    falls flat, my flat, your flat, flat rate, narrow down, narrow it, narrow this, narrow that, narrow things,
    narrow them, narrows it, narrows down, narrows things, narrowed it, narrowed down, narrowing it, narrowing down,
    narrow escape, tight spot, sit tight, hold tight, tight lipped, giant step, i checked, i've checked,
    have checked, just checked, double checked, checked twice, checked again, checked the, checked it, checked with,
    checked that, i spotted, i've spotted, have spotted, just spotted, you spotted, spotted it, spotted the,
    spotted that, spotted him, easily spotted, well spotted, big favour, huge favour, big shot, think big, big eyes,
    big surprise, long face, long odds, long haul, long lost, small wonder, small change, wear thin, wearing thin,
    spread thin, thick as thieves, flat battery, wide of the mark, broad strokes, red hot, red wine, code red,
    town red, blue in the face, boys in blue, the blues, black coffee, white coffee, green tea, orange juice,
    white wine, white house, black humour, black belt, golden ticket, glass ceiling, raise a glass,
    wood for the trees, rock the boat, stone age, with one stone, heart of stone, stepping stone, rolling stone,
    feet of clay, iron fist, iron is hot, irons in the fire, star sign, five star, star quality, stars align,
    in the stars, broken heart, to heart, in circles, inner circle, square eyes, cross section, bermuda triangle,
    plain text, plain old, plain truth, in plain, dot the i's, card game, tight schedule, tight deadline,
    gold medal, gold dust, good as gold, worth its weight, behind bars, earn my stripes, earn your stripes,
    spots before, hit the spot, spot on, dots together, join the dots, connect the dots, on the dot, plain sailing,
    plain sight, plain english, plain language, plain words, plain to see, plain and simple, plain wrong,
    plain as day, blank look, goes blank, went blank, mind is blank, checks out, checks and balances, make waves,
    making waves, flower power, by design, fine print, in print, red herring, red tape, see red, seeing red,
    in the red, red flag, red handed, red letter, red face, red carpet, out of the blue, once in a blue moon,
    blue moon, feel blue, feeling blue, bolt from the blue, true blue, blue chip, feel a bit blue,
    feeling a bit blue, green light, green at, green with envy, green fingers, green as grass, white lie,
    white noise, white flag, black and white, black sheep, black mark, black market, black out, black magic,
    grey area, grey areas, grey matter, gray area, gray areas, grey hair, grey hairs, silver lining, silver tongue,
    tickled pink, in the pink, pink of health, purple patch, purple prose, brown study, golden rule,
    golden opportunity, golden age, yellow card, red card, yellow pages, rose to, rose tinted, rose up,
    mint condition, flying colours, true colours, local colour, off colour, shade better, in the shade, throw shade,
    shed light, knock on wood, knock wood, touch wood, out of the woods, wooden spoon, on my mettle, iron out,
    iron will, heavy metal, pump iron, steel myself, nerves of steel, crystal clear, clear as crystal, crystal ball,
    glass half, glass of, my glasses, your glasses, reading glasses, wrong glasses, new glasses, glasses on,
    glasses off, right glasses, without glasses, without my glasses, need glasses, magnifying glass,
    plastic surgery, on paper, paper and pen, pen and paper, piece of paper, sheet of paper, paper trail,
    paper round, paper tiger, hell for leather, set in stone, stone's throw, stone cold, stone deaf, stone dead,
    no stone, leave no stone, rock on, you rock, rock bottom, rock solid, rock and roll, hard rock, between a rock,
    rubber stamp, burn rubber, rubber duck, card up my, on the cards, in the cards, stuff like that, and stuff,
    the hot stuff, next round, first round, second round, third round, last round, this round, another round,
    tough round, tricky round, hard round, easy round, fun round, new round, each round, every round, round two,
    round three, round of, round off, round up, all year round, the other way round, turn round, round here,
    go round, going round, look round, looking round, round the clock, round the corner, ball is in, on the ball,
    have a ball, play ball, ring a bell, rings a bell, give me a ring, a ring to it, circle back, circle of,
    full circle, vicious circle, fair and square, square deal, back to square one, think outside the box,
    outside the box, tick the box, tick all the boxes, tick all my boxes, text box, chat box, message box,
    input box, love triangle, thank my lucky stars, lucky star, gold star, star player, rising star, you're a star,
    you are a star, star yourself, a star for, star of the show, movie star, rock star, pop star, film star,
    heart of gold, heart of hearts, heart to heart, by heart, at heart, take heart, lose heart, my heart,
    your heart, heart's content, heart's desire, heart attack, change of heart, eat your heart, cross my heart,
    bless your heart, heart of the matter, heart set on, heart is set on, with all my heart, heart goes out,
    heart sinks, from the heart, cross with me, cross with you, cross that bridge, cross the line,
    cross your fingers, fingers crossed, crossed fingers, cross purposes, crossed my mind, crosses my mind,
    cross check, cross examine, rough diamond, diamond in the rough, diamond geezer, oval office,
    straight as an arrow, arrow key, arrow keys, mouse arrow, hex on, figure out, figure it out, figure this out,
    figure of speech, figured out, figured it out, go figure, i figure, on form, in good form, good form, bad form,
    true to form, in shape, out of shape, good shape, bad shape, great shape, shape up, take shape
"""

PHRASES = (*_WORDS.split(), *(" ".join(phrase.split()) for phrase in _PHRASES.split(",")))
"""Phrases that name no feature; where one is found, no shorter phrase within it is."""
