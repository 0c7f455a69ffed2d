"""System prompt, model and temperature can be chosen if the function allows it."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.chat_page import ChatPage
from tests.fronts import DIRECT, serve
from tests.upstream import Upstream, says


def test_system_prompt_and_model_can_be_chosen_if_the_function_allows_it(chat: ChatPage) -> None:
    model = chat.page.get_by_label("Model")
    model.select_option("mock-reasoning")
    chat.button("Settings").click()
    system = chat.page.get_by_label("System prompt of this conversation")
    expect(system).to_have_value("Be brief.")
    system.fill("Speak like a pirate.")
    chat.button("Done").click()
    chat.ask("Hello")
    expect(chat.answer).to_contain_text("My instructions begin “Speak like a pirate.”")
    expect(chat.answers.last.locator(".answer__facts")).to_contain_text("mock-reasoning")
    chat.page.reload()
    expect(model).to_have_value("mock-reasoning")
    chat.button("New conversation").click()
    expect(model).to_have_value("mock-reasoning")
    model.select_option("mock-fast")
    chat.ask("Hello")
    expect(chat.answer).to_contain_text("My instructions begin “Be brief.”")
    chat.button("Settings").click()
    system.fill("")
    chat.button("Done").click()
    chat.ask("Hello again")
    expect(chat.answer).not_to_contain_text("My instructions")


def test_nothing_is_offered_that_the_function_does_not_allow(scripted: ChatPage) -> None:
    expect(scripted.page.get_by_label("Model")).to_be_hidden()
    scripted.button("Settings").click()
    expect(scripted.page.get_by_label("System prompt of this conversation")).to_be_hidden()
    expect(scripted.button("Done")).to_be_visible()


def test_the_temperature_can_be_chosen_if_the_function_allows_it(page: Page, built: Any, upstream: Upstream) -> None:
    upstream.script = says("Yes")

    def sent() -> Any:
        return upstream.calls[-1].body["temperature"]

    with serve(DIRECT, built, openai_base_url=upstream.url, chat_temperature_editable="true") as function:
        chat = ChatPage(page, f"{function.url}/").open()
        field = page.get_by_label("Temperature of this conversation")
        chat.button("Settings").click()
        field.fill("3")
        chat.button("Done").click()
        expect(field).to_be_visible()  # the browser says what is wrong
        field.fill("0.2")
        chat.button("Done").click()
        expect(field).to_be_hidden()
        chat.ask("Hi")
        assert sent() == 0.2
        page.reload()
        chat.wait_until_ready()
        chat.ask("And now?")
        assert sent() == 0.2
        chat.button("Settings").click()
        expect(field).to_have_value("0.2")
        field.fill("")
        chat.button("Done").click()
        chat.ask("The usual")
        assert sent() == 1


def test_the_temperature_is_not_offered_if_it_is_fixed(scripted: ChatPage) -> None:
    scripted.button("Settings").click()
    expect(scripted.page.get_by_label("Temperature of this conversation")).to_be_hidden()
