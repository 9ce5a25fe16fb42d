"""Requests to the booking desk of a group of holiday lodgings."""

from __future__ import annotations

from evaluations.distillation.domain import Domain

DOMAIN = Domain(
    key="bookings",
    title="Booking requests",
    salt="bookings ",
    tiers=("tourist", "member", "patron"),
    moods=("relaxed", "puzzled", "tired", "bitter"),
    days=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    colours=(
        "cosy", "dockside", "garden", "hillside", "lakeside", "modest", "northern", "panelled", "quiet", "rooftop",
        "rustic", "seaside", "southern", "sunny",
    ),
    items=(
        "apartment", "attic", "barn", "berth", "bungalow", "bunk", "cabin", "caravan", "chalet", "chateau",
        "cottage", "dormitory", "farmhouse", "hostel", "houseboat", "igloo", "inn", "lodge", "loft", "manor",
        "mill", "palace", "pavilion", "penthouse", "studio", "suite", "tower", "treehouse", "villa", "windmill",
        "yurt",
    ),
    names=(
        "Aldo", "Alma", "Anika", "Basil", "Bodil", "Cyrus", "Dalia", "Dunja", "Emre", "Enzo", "Esme", "Fabio",
        "Freya", "Gita", "Goran", "Halil", "Henk", "Ilse", "Imran", "Jana", "Joost", "Kamil", "Katya", "Lars",
        "Leila", "Lotte", "Malik", "Marek", "Mina", "Noor", "Oskar", "Petra", "Quinn", "Ravi", "Renata", "Ruben",
        "Sanne", "Sven", "Tamar", "Tobias", "Ursula", "Wim", "Xenia", "Zara",
    ),
    code_letters="ACDEFGHKLMNPRTUVXY",
    cents=("10", "20", "30", "60", "80"),
    labels=("catering", "upgrade", "keycard", "cleaning", "redate", "noise", "parking", "cancel"),
    priorities=("whenever", "routine", "pressing", "immediate"),
    precedence=("keycard", "cancel", "noise", "cleaning", "redate", "catering", "upgrade", "parking"),
    issue_texts={
        "catering": ("breakfast was forgotten", "the menu holds only nuts", "dinner ends before seven"),
        "upgrade": ("the beds are too few", "we wish for a grander view", "the space looks tiny"),
        "keycard": ("the gate stays shut", "the keypad blinks", "no host let us enter"),
        "cleaning": ("the towels smell", "dust covers every shelf", "crumbs lie under the sheets"),
        "redate": ("our flight lands later", "another week suits us", "the trip must shift"),
        "noise": ("music booms until midnight", "drilling wakes the baby", "the walls are thin"),
        "parking": ("our van finds no bay", "the garage is full", "a barrier blocks the drive"),
        "cancel": ("our plans fell through", "nobody can travel", "we must call it off"),
    },
    issue_weight={
        "catering": 1, "upgrade": 0, "keycard": 3, "cleaning": 1, "redate": 1, "noise": 2, "parking": 0, "cancel": 1,
    },
    tier_weight={"tourist": 0, "member": 1, "patron": 2},
    mood_weight={"relaxed": 0, "puzzled": 1, "tired": 1, "bitter": 3},
    layouts=(
        "{name} writes, {mood} {tier}: our {colour} {item} in {day}, file {order}, {amount} paid. Sadly {told}.",
        "Booking {order} by {name}, {mood} {tier}. Deposit {amount} for the {colour} {item}, {day}: {told}.",
        "Hello from {name} [{tier}; {mood}]. See {order}, the {colour} {item} for {day} at {amount}: {told}.",
    ),
    upset=("tired", "bitter"),
    hurried_tier="patron",
    greetings=(
        "Welcome, {name}.", "Bonjour {name},", "Ahoy {name}!", "Esteemed {name},", "For {name}:",
        "{name}, a word from reception:", "Lovely to read you, {name}.",
    ),
    feelings=(
        "your {item} has let you down", "our {item} fell short of its promise",
        "pardon the bother around the {item}", "nobody should lose sleep over a {item}",
        "your wish for the {item} is noted", "this {item} deserved more care",
        "thank heavens you told us of the {item}", "what a pity for your {item}",
    ),
    actions={
        "catering": (
            "the chef cooks anew", "a basket comes up", "the kitchen writes another menu", "meals are on the house",
        ),
        "upgrade": (
            "larger quarters are set aside", "the manager opens a wing", "two extra beds roll up",
            "a better panorama awaits",
        ),
        "keycard": (
            "another badge is printed", "the janitor opens up", "somebody waits outside",
            "new digits reach your phone",
        ),
        "cleaning": (
            "housekeeping comes round", "linen is swapped out", "a maid scrubs the floor", "everything gets washed",
        ),
        "redate": (
            "the calendar is moved", "reception shifts the nights", "other dates are pencilled in",
            "your arrival slides back",
        ),
        "noise": (
            "the porter hushes the hall", "earplugs lie at the desk", "staff patrol the corridor",
            "calmer rooms are ready",
        ),
        "parking": (
            "a bay is roped off", "the valet takes your car", "the barrier is lifted", "next door lends a space",
        ),
        "cancel": (
            "the contract is torn up", "reception voids the stay", "all nights are struck out",
            "your card gets its deposit",
        ),
    },
    times=(
        "before sunset", "within the hour", "at dawn", "ahead of your journey", "by noon", "without delay",
        "once the shift changes",
    ),
    closings=(
        "Sleep well, Reception", "Safe travels!", "Until soon, the front desk", "Fondly, Bookings",
        "Respectfully, Guest Relations", "See you at check-in.", "With a bow, the concierge",
    ),
    joints=(": {next}", ". Hence {next}", ", thus {next}", " ... {next}", "! {Next}", ", but now {next}"),
    field_names={
        "name": ("guest", "traveller", "Party", "lodger"),
        "item": ("stay", "lodging", "Property", "unit"),
        "colour": ("kind", "setting", "Character", "style"),
        "order": ("booking", "docket", "Reservation", "file no"),
        "amount": ("deposit", "cost", "Sum due", "fee"),
    },
    marks=(" -", " =>", " ~", " being"),
    gaps=(" &", " +", " //", ".", " then"),
)  # fmt: skip
