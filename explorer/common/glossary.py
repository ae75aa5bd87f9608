"""The words of the field, each in a sentence, as the pages use them."""

from __future__ import annotations

from collections.abc import Mapping

GLOSSARY: Mapping[str, str] = {
    "activation": "What a layer puts out for one image, here at 4 bytes a value.",
    "auxiliary head": "A second classifier on an early map, which takes part in training and is left out afterwards.",
    "batch norm": "Each channel is brought to mean 0 and variance 1 over the batch, then scaled and shifted by two "
    "trained values; afterwards the running statistics stand in for the batch.",
    "bottleneck": "A 1x1 reduction: a 1x1 convolution that makes fewer channels, so that a large window has less to "
    "read.",
    "channel": "One of the maps that a layer puts out, side by side; a convolution makes one for each of its filters.",
    "concatenation": "The channels of several branches side by side; their heights and widths must agree.",
    "depthwise convolution": "Each channel is filtered by windows of its own, and no channel sees another.",
    "dilation": "The distance between neighbouring weights of a window: at 2 a 3x3 spans 5x5 with 9 weights.",
    "effective receptive field": "The part of the receptive field that counts: where the gradient of an element is "
    "large. It is smaller, and strongest in the middle.",
    "effective stride": "How many input pixels lie between neighbouring positions of a map: the strides so far, "
    "multiplied.",
    "feature map": "The values of one channel at all of its positions, height times width.",
    "global average pooling": "Each channel becomes its mean, a single value, so that a classifier needs no more than "
    "one weight for it and each class.",
    "groups": "Channels split into so many parts, each convolved by itself: so many times fewer weights.",
    "kernel": "The window of weights that is slid over a map: of a 3x3 there are 9 for each channel that it reads.",
    "MAC": "One multiplication with its addition, in convolutions and linear layers, bias left out; FLOPs are twice as "
    "many.",
    "padding": "Rows and columns of zeros around a map, so that a window fits at its edge as well.",
    "parameter": "A value that is trained: weights, biases, scale and shift of batch norm.",
    "pointwise convolution": "A 1x1 convolution: at each position the same linear layer over the channels.",
    "receptive field": "Input pixels that one element of the last map of more than one position sees, before clipping "
    "to the image; what a gate adds is left out.",
    "residual": "What a module adds to its input, which goes around it by a shortcut.",
    "running statistics": "Mean and variance of each channel, averaged over the batches of training; they are kept, "
    "not trained.",
    "stride": "How many positions a window moves at a time: 2 halves height and width.",
    "top-1": "The share of images whose class the network names first.",
}
"""In alphabetical order."""


def explained(word: str) -> str:
    """The sentence of a word as it stands on a page, such as `MACs` or `Receptive field`; empty where it has none."""
    return _BY_WORD.get(word.lower(), "")


_BY_WORD = {form: said for word, said in GLOSSARY.items() for form in (word.lower(), f"{word.lower()}s")}
