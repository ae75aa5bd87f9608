"""The batch norm page: what a person moves is what formulas, pictures, sentences and link say."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explorer.draw import number_lines
from explorer.lessons.batchnorm import formulas, parts, running, scaling, transform
from explorer.lessons.batchnorm.numbers import difference
from explorer.lessons.batchnorm.parts import PARTS
from explorer.lessons.batchnorm.record import Autograd, Curve, Mnist, words
from explorer.lessons.batchnorm.transform import Forward, backward, forward
from explorer.runs import tasks
from tests.helpers.pages import Open, component, says

PAGE = "pages/batchnorm.py"


def told(page: AppTest) -> str:
    """All running text, without the escapes."""
    return " ".join(text.value.replace("\\", "") for text in [*page.markdown, *page.caption])


def formula(page: AppTest) -> str:
    return str(page.latex[0].value).strip("$\n")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_whole(open_page: Open, part: str) -> None:
    page = open_page(PAGE, part=part)
    assert not page.exception
    assert not page.error
    assert PARTS[part].question in told(page)
    assert dict(page.query_params) == ({} if part == "transform" else {"part": part})


def test_a_number_changes_formula_picture_sentences_and_link(open_page: Open) -> None:
    page = open_page(PAGE)
    assert formula(page) == formulas.transform(forward(transform.START))
    page.number_input(key="batchnorm x 4").set_value(20.0).run()
    of = forward((*transform.START[:4], 20.0))
    assert formula(page) == formulas.transform(of)
    assert component(page, "steps")["svg"] == number_lines.draw(number_lines.steps(of))
    assert all(sentence in told(page) for sentence in parts.transform(of))
    assert dict(page.query_params) == {"values": "2,4,5,7,20"}
    assert page.text_input(key="batchnorm values").value == "2,4,5,7,20"


def test_values_are_added_and_removed_up_to_the_bounds(open_page: Open) -> None:
    page = open_page(PAGE, values="1,2,3,4,5")
    add, remove = (
        next(button for button in page.button if button.label == label) for label in ("Add a value", "Remove the last")
    )
    add.click().run()
    assert page.query_params["values"] == "1,2,3,4,5,0"
    assert next(button for button in page.button if button.label == "Add a value").disabled
    remove.click().run()
    assert len(page.number_input) == 5
    page = open_page(PAGE, values="1,2")
    assert next(button for button in page.button if button.label == "Remove the last").disabled


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"values": "1,x"}, "number 2 of the values is 'x': it must be a number from -100 to 100"),
        ({"values": "1"}, "they must be 2 to 6 numbers with commas between them"),
        ({"gradients": "1e9"}, "number 1 of the gradients is 1000000000"),
        ({"gamma": "nan"}, "gamma is 'nan'"),
        ({"epsilon": "0"}, "epsilon is 0"),
        ({"a": "0"}, "a is 0"),
        ({"value": "99"}, "value is 99"),
        ({"rate": "3"}, "rate is 3"),
        ({"part": "<b>"}, "there is no part '<b>'"),
    ],
)
def test_a_link_that_says_nonsense_is_answered(open_page: Open, query: dict[str, str], sentence: str) -> None:
    page = open_page(PAGE, **query)
    assert not page.exception
    assert sentence in says(page)
    assert formula(page) == formulas.transform(forward(transform.START))


def test_a_bad_list_stays_in_its_field_until_it_is_mended(open_page: Open) -> None:
    page = open_page(PAGE)
    page.text_input(key="batchnorm values").set_value("1, two").run()
    assert "number 2 of the values is ' two'" in says(page)
    assert page.text_input(key="batchnorm values").value == "1, two"
    assert formula(page) == formulas.transform(forward(transform.START))
    page.text_input(key="batchnorm values").set_value("1, 2").run()
    assert not page.error
    assert formula(page) == formulas.transform(forward((1.0, 2.0)))
    page.number_input(key="batchnorm x 1").set_value(500.0).run()
    assert "it must be a number from -100 to 100" in says(page)


def test_statistics_follow_batch_size_momentum_and_value(open_page: Open) -> None:
    page = open_page(PAGE, part="inference", value="3")
    page.slider(key="Batch norm batch").set_value(2).run()
    page.select_slider(key="Batch norm momentum").set_value(1.0).run()
    sentences = (*parts.statistics(2, 1.0, running.history(2, 1.0)), *parts.answers(3, 2, running.answers(3, 2)))
    assert all(sentence in told(page) for sentence in sentences)
    assert dict(page.query_params) == {"part": "inference", "batch": "2", "momentum": "1", "value": "3"}


def test_scale_and_bias(open_page: Open) -> None:
    page = open_page(PAGE, part="scale", a="0.01", b="3")
    page.toggle(key="Batch norm negative").set_value(True).run()
    now = scaling.compare(-0.01, 3.0)
    assert formula(page) == formulas.invariance(now)
    assert all(sentence in told(page) for sentence in parts.scale(now))
    assert component(page, "normalised")["svg"] == number_lines.draw(number_lines.normalised(now), number_lines.NARROW)


def autograd(of: Forward, upstream: tuple[float, ...]) -> Autograd:
    return Autograd("2.0", of.y, backward(of, upstream))


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> list[tuple[str, ...]]:
    """Answers every task at once; gives the questions."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks, "ask", lambda *args: asked.append(args))
    monkeypatch.setattr(tasks, "state", lambda id: tasks.Task(False, answer=text.encode()) if asked else None)
    return asked


def ask(page: AppTest, label: str) -> AppTest:
    return page.button(key=f"ask {label}").click().run()


def test_the_gradient_is_checked_by_torch(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    of, upstream = forward((1.0, 2.0, 4.0), 2.0), (1.0, 0.0, 0.0)
    asked = answers(monkeypatch, autograd(of, upstream).to_json())
    page = open_page(PAGE, part="gradient", values="1,2,4", gradients="1", gamma="2")
    assert formula(page) == formulas.gradient(of, backward(of, upstream))
    page = ask(page, "Check with PyTorch")
    epsilon = "--epsilon=1e-05"
    assert asked == [
        ("batchnorm", "check", "--values=1,2,4", "--gradient=1,0,0", "--gamma=2", "--beta=0", epsilon, "--json")
    ]
    assert "PyTorch 2.0 agrees: the largest difference of all numbers is 0." in told(page)
    assert len(page.dataframe[0].value) == 7


def test_a_difference_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    of = forward((1.0, 2.0, 4.0))
    other = autograd(of, (1.0, 0.0, 0.5))
    answers(monkeypatch, other.to_json())
    page = ask(open_page(PAGE, part="gradient", values="1,2,4", gradients="1"), "Check with PyTorch")
    largest = max(line.difference for line in other.beside(of, backward(of, (1.0, 0.0, 0.0))))
    assert f"PyTorch 2.0 differs by up to {difference(largest)}." in told(page)


def test_the_experiment_is_shown_in_charts_and_sentences(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, percentiles = (10, 20), ((-1.0, 0.0, 1.0), (-2.0, 0.5, 3.0))
    plain, normalised = Curve(steps, (0.1, 0.5), 3, percentiles), Curve(steps, (0.6, 0.9), 7, percentiles)
    found = Mnist(100, 0, 60, 0.5, 4000, 1000, 12.0, plain, normalised)
    asked = answers(monkeypatch, found.to_json())
    page = ask(open_page(PAGE, part="mnist", rate="2"), "Train both")
    assert asked == [("batchnorm", "mnist", "--rate=2", "--json")]
    assert not page.exception
    assert all(sentence in told(page) for sentence in words(found))
    assert len(page.get("plotly_chart")) == 3
    assert "7 with BN and 3 without" in told(page)


@pytest.mark.parametrize(("part", "label"), [("gradient", "Check with PyTorch"), ("mnist", "Train both")])
def test_an_answer_that_cannot_be_read_is_said(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, part: str, label: str
) -> None:
    answers(monkeypatch, "{")
    page = ask(open_page(PAGE, part=part), label)
    assert not page.exception
    assert "cannot be read: ask again" in says(page)


def test_a_presenters_link_hides_parts(open_page: Open) -> None:
    page = open_page(PAGE, hide="controls,text,picture")
    assert not page.exception
    assert not page.slider
    assert [one.key for one in page.text_input] == ["pin name"]  # of the frame
    assert page.latex
    assert all(sentence not in told(page) for sentence in parts.transform(forward(transform.START)))
