"""What a person does on the batch norm page, in a real browser, with a real worker process."""

import re

from playwright.sync_api import Page, expect

from explorer.lessons.batchnorm.numbers import written
from explorer.lessons.batchnorm.transform import START, forward

SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


def test_another_value_reaches_mean_picture_and_link_and_can_be_undone(page: Page) -> None:
    page.goto("/batchnorm")
    before = forward(START)
    mean = page.locator("svg text", has_text="mean").first
    expect(mean).to_have_text(f"mean {written(before.mean)}")
    field = page.get_by_role("spinbutton", name="x₅")
    field.fill("20")
    field.press("Enter")
    after = forward((*START[:4], 20.0))
    expect(mean).to_have_text(f"mean {written(after.mean)}")
    expect(page.locator(".katex-html").first).to_contain_text(written(after.normalised[0]))
    expect(page).to_have_url(re.compile(r"values=2(,|%2C)4(,|%2C)5(,|%2C)7(,|%2C)20"))
    link = page.url
    page.get_by_role("button", name="Undo").click()
    expect(mean).to_have_text(f"mean {written(before.mean)}")
    expect(field).to_have_value(f"{START[4]:g}")
    page.goto(link)
    expect(mean).to_have_text(f"mean {written(after.mean)}")
    expect(field).to_have_value("20")


def test_a_bad_list_is_one_sentence_and_changes_nothing(page: Page) -> None:
    page.goto("/batchnorm")
    field = page.get_by_role("textbox", name="Values of one channel")
    field.fill("1,2,many")
    field.press("Enter")
    expect(page.get_by_text("number 3 of the values is 'many'")).to_be_visible()
    expect(field).to_have_value("1,2,many")
    field.fill("1,2,6")
    field.press("Enter")
    expect(page.get_by_text("That cannot be used")).to_have_count(0)
    expect(page.locator("svg text", has_text="mean").first).to_have_text("mean 3")
    page.get_by_role("button", name="Add a value").click()
    expect(page.get_by_role("spinbutton")).to_have_count(4)


def test_torch_agrees_and_the_answer_is_kept(page: Page) -> None:
    page.goto("/batchnorm?part=gradient&values=1,2,4&gradients=1")
    page.get_by_role("button", name="Check with PyTorch").click()
    answer = page.get_by_text("agrees: the largest difference of all numbers is")
    expect(answer).to_be_visible(timeout=SOON)
    page.reload()
    expect(answer).to_be_visible()
    expect(page.get_by_role("button", name="Check with PyTorch")).to_have_count(0)


def test_a_negative_scale_mirrors_what_batch_norm_makes(page: Page) -> None:
    page.goto("/batchnorm")
    page.get_by_test_id("stButtonGroup").get_by_text("Scale and bias").click()
    expect(page).to_have_url(re.compile("part=scale"))
    page.get_by_text("Negative a").click()
    expect(page.get_by_text("Mirrored, as a is negative")).to_be_visible()
    page.get_by_role("slider", name="Bias, b").press("End")
    expect(page.get_by_text("The bias 10 is taken away again")).to_be_visible()
