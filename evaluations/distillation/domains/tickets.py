"""Support tickets of a shop that sends household goods."""

from __future__ import annotations

from evaluations.distillation.domain import Domain

DOMAIN = Domain(
    key="tickets",
    title="Support tickets",
    # None: the sample data was drawn before there was another domain.
    salt="",
    tiers=("basic", "plus", "gold"),
    moods=("calm", "worried", "annoyed", "furious"),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    colours=(
        "amber", "black", "blue", "brown", "coral", "green", "grey", "ivory", "pink", "red", "teal", "white",
    ),
    items=(
        "backpack", "bicycle", "blanket", "blender", "bookcase", "camera", "carpet", "chair", "clock", "curtain",
        "desk", "drill", "fan", "guitar", "heater", "helmet", "jacket", "kettle", "keyboard", "lamp", "mattress",
        "mirror", "monitor", "mower", "oven", "printer", "radio", "router", "scooter", "sofa", "speaker", "stove",
        "suitcase", "tent", "toaster", "vacuum",
    ),
    names=(
        "Ada", "Amir", "Anouk", "Bela", "Bruno", "Carla", "Chidi", "Dario", "Edda", "Elif", "Farah", "Femi",
        "Greta", "Hana", "Hugo", "Ines", "Ivo", "Jonas", "Jun", "Kaya", "Kofi", "Lena", "Luca", "Mara", "Milo",
        "Nadia", "Niko", "Nora", "Olga", "Omar", "Paula", "Pia", "Rafael", "Rosa", "Samir", "Selma", "Tariq",
        "Thea", "Tomas", "Uma", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zeno", "Zofia", "Zuri",
    ),
    code_letters="BCDFGHJKLMNPQRSTVWXZ",
    cents=("00", "25", "40", "50", "75", "90"),
    labels=("damage", "loss", "delay", "exchange", "billing", "refund", "account", "warranty"),
    priorities=("low", "normal", "high", "urgent"),
    precedence=("billing", "loss", "damage", "refund", "warranty", "account", "exchange", "delay"),
    issue_texts={
        "damage": ("it arrived cracked", "one side is dented", "the box was crushed"),
        "loss": ("the parcel never came", "the courier lost it", "nothing was delivered"),
        "delay": ("it came a week late", "I waited far too long", "the delivery date was missed"),
        "exchange": ("the size is wrong", "you sent another model", "I need a bigger one"),
        "billing": ("I was charged twice", "the invoice is wrong", "the discount is not on the bill"),
        "refund": ("my money is not back", "the refund is still open", "I returned it and got nothing"),
        "account": ("I cannot sign in", "my password fails", "my profile is locked"),
        "warranty": ("it stopped working", "the motor makes a noise", "the switch fell off"),
    },
    issue_weight={
        "damage": 1, "loss": 2, "delay": 0, "exchange": 0, "billing": 2, "refund": 1, "account": 1, "warranty": 1,
    },
    tier_weight={"basic": 0, "plus": 1, "gold": 2},
    mood_weight={"calm": 0, "worried": 1, "annoyed": 2, "furious": 3},
    layouts=(
        "From {name} ({tier}, {mood}). On {day} I bought a {colour} {item}. Now {told}. "
        "Order {order}, {amount} EUR.",
        "From {name} ({tier}, {mood}). Order {order} of {day}: a {colour} {item} for {amount} EUR, but {told}.",
        "From {name} ({tier}, {mood}). I paid {amount} EUR for a {colour} {item} on {day}. "
        "My order is {order}: {told}.",
    ),
    upset=("annoyed", "furious"),
    hurried_tier="gold",
    greetings=(
        "Dear {name},", "Hello {name},", "Hi {name}!", "Good day {name},", "{name}, thank you for writing.",
        "Thanks for your message, {name}.", "Hey {name},", "Greetings {name}:",
    ),
    feelings=(
        "we are sorry about your {item}", "please accept our apologies for the {item}",
        "I understand the upset over the {item}",
        "that should not happen with a {item}", "we regret this trouble with the {item}",
        "sorry for the mess with your {item}",
        "I hear you about the {item}", "it hurts to read this about the {item}",
    ),
    actions={
        "damage": (
            "we will replace it", "a new one is on its way", "our team sends a spare", "you get a fresh item",
        ),
        "loss": (
            "we will trace the parcel", "a search has begun", "our courier looks for it",
            "you get a second parcel",
        ),
        "delay": ("we will pay the postage", "a voucher is coming", "our depot was slow", "you get a discount"),
        "exchange": (
            "we will swap it", "a return label follows", "our shop changes it", "you get the right size",
        ),
        "billing": (
            "we will fix the invoice", "a credit note follows", "our billing desk checks", "you get a new bill",
        ),
        "refund": (
            "we will return the money", "a transfer is booked", "our bank pays it back", "you get the full sum",
        ),
        "account": (
            "we will unlock the login", "a reset link follows", "our admins check access",
            "you get a new password",
        ),
        "warranty": (
            "we will repair it", "a technician calls", "our workshop takes it", "you get a free repair",
        ),
    },
    times=(
        "within two days", "by tomorrow", "as soon as possible", "in the next 48 hours", "before the weekend",
        "this very week", "right away", "no later than Friday",
    ),
    closings=(
        "Kind regards, Support", "Best wishes, your team", "Yours, Customer Care", "Cheers, the help desk",
        "Take care!", "Many thanks for your patience.", "Warmly, the service crew", "Sincerely, Client Services",
    ),
    joints=(". {Next}", ", and {next}", "; {next}", ". So {next}", " - {next}", ", therefore {next}"),
    field_names={
        "name": ("name", "client", "Customer", "sender"),
        "item": ("item", "product", "Goods", "article"),
        "colour": ("colour", "color", "Shade", "finish"),
        "order": ("order", "ref", "Order no", "code"),
        "amount": ("amount", "total", "Price", "paid"),
    },
    marks=(":", " =", " ->", " is"),
    gaps=(";", ",", " |", " /", "\n"),
)  # fmt: skip
