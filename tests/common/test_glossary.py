"""The glossary: each word once, in a sentence."""

from explorer.common.glossary import GLOSSARY


def test_every_word_has_a_sentence_in_alphabetical_order() -> None:
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.lower)
    assert len(GLOSSARY) >= 20
    for word, sentence in GLOSSARY.items():
        assert sentence[0].isupper() or sentence[0].isdigit(), word
        assert sentence.endswith("."), word
        assert len(sentence) < 220, word
