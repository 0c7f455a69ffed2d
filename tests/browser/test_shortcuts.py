"""Keyboard shortcuts: all that the list has, and nothing that is typed."""

from playwright.sync_api import expect

from tests.browser.chat_page import ChatPage


def test_each_shortcut_of_the_list_does_what_it_says(chat: ChatPage) -> None:
    page, press = chat.page, chat.page.keyboard.press
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    heading = page.get_by_role("heading", name="Keyboard shortcuts")
    search = page.get_by_role("combobox", name="Search")
    chat.prompt.press("?")
    expect(chat.prompt).to_have_value("?")
    expect(heading).to_have_count(0)
    chat.ask("echo: One")
    page.get_by_role("link", name="echo: One").focus()
    press("?")
    expect(heading).to_be_visible()
    press("Control+k")  # not over another dialog
    expect(search).to_have_count(0)
    rows = page.get_by_role("dialog").locator("dt, dd").all_text_contents()
    listed = dict(zip(rows[::2], rows[1::2], strict=True))
    press("Escape")
    expect(heading).to_be_hidden()

    # The keys as the list shows them and as they are pressed, and what is there then.
    shortcuts = {
        "Settings": ("Alt,", "Alt+,", page.get_by_role("dialog", name="Settings")),
        "Copy the last answer": ("AltC", "Alt+c", page.locator("#status", has_text="Copied.")),
        "Rename the conversation": ("AltR", "Alt+r", page.get_by_label("Name of the conversation")),
        "Show or hide the sidebar": ("AltL", "Alt+l", page.locator("html[data-sidebar=closed]")),
        "Go to your message": ("AltM", "Alt+m", page.locator("#prompt:focus")),
        "Keyboard shortcuts": ("Ctrl/ or ?", "Control+/", heading),
        "Search": ("CtrlK", "Control+k", search),
        "Stop the answer": ("Esc", "Escape", page.locator(".failure", has_text="Stopped.")),
        "New conversation": ("AltN", "Alt+n", page.locator("#empty")),
    }
    assert listed == {label: shown for label, (shown, _, _) in shortcuts.items()}
    for label, (_, keys, result) in shortcuts.items():
        if label == "Stop the answer":
            page.get_by_label("Model").select_option("mock-silence")
            chat.say("Show me some code")
            expect(chat.answer).to_contain_text("Here")
        page.evaluate("document.activeElement.blur()")
        press(keys)
        expect(result).to_be_visible()
        press("Escape")
    assert page.evaluate("navigator.clipboard.readText()") == "One"
