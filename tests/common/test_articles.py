"""Articles are cited by number in the texts and read by name."""

import re
from pathlib import Path

import explorer
from explorer.common.articles import ARTICLES, named


def test_a_cited_article_is_named() -> None:
    assert named("Source 001; He et al. 2016") == '"Learning PyTorch from scratch (18): GoogLeNet"; He et al. 2016'
    assert (
        named("as source 004, section 2.3, has it")
        == 'as "Neural networks (15): Xception, reproduced", section 2.3, has it'
    )
    second = ARTICLES["001"].title
    assert named("sources 000, 001 and 000 say") == f'"InceptionNet", "{second}" and "InceptionNet" say'
    assert named("a source of 003 errors, resource 001x") == "a source of 003 errors, resource 001x"


def test_every_number_that_is_cited_is_an_article() -> None:
    texts = " ".join(path.read_text("utf-8") for path in Path(explorer.__file__).parent.rglob("*.py"))
    cited = re.findall(r"\b[Ss]ources? \d{3}(?:(?:, | and )\d{3})*", texts)
    assert set(re.findall(r"\d{3}", " ".join(cited))) == set(ARTICLES)
