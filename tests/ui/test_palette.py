"""The command palette in a real page: find, fill in, run, see, keep."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, DictionaryChange, NanoverServer
from tests.support.eventually import eventually
from tests.support.golden import needs_golden
from tests.support.replay_server import ReplayServer
from tests.ui.lab import NotebookPage, OpenNotebook
from tests.ui.panels import Palette

pytestmark = pytest.mark.ui

# How many depends on what else changed meanwhile.
KEYS_CHANGED = re.compile(r"\d keys? changed")


def open_palette(notebook: OpenNotebook, port: int, show: str = "%nanover palette") -> Palette:
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{port} -o client"])
    page.run(show)
    return Palette(page)


def narrow(page: NotebookPage) -> None:
    page.page.set_viewport_size({"width": 620, "height": 1200})


def pictures(palette: Palette, name: str) -> None:
    """Keeps pictures as wide as the page, and as in half of it."""
    palette.screenshot(name)
    narrow(palette.notebook)
    palette.screenshot(f"{name}-narrow")
    palette.notebook.page.set_viewport_size({"width": 1280, "height": 1400})


def test_command_runs_with_its_defaults_and_shows_its_result(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)

        palette.choose("user/checkpoint")
        palette.run()

        expect(palette.result).to_contain_text("Saved checkpoint-1 with velocities.")
        expect(palette.result).to_contain_text(KEYS_CHANGED)
        palette.screenshot("palette")
        palette.require_accessible()
        narrow(palette.notebook)
        palette.screenshot("palette-narrow")
    assert "user.checkpoint.checkpoint-1" in server.copy_state()


def test_a_half_remembered_name_becomes_a_result_without_the_mouse(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)
        palette.root.get_by_label("Find a command").focus()
        page = palette.notebook.page

        page.keyboard.type("jmp")
        expect(palette.root.get_by_text("Nothing matches")).to_be_visible()
        palette.press("Escape")
        page.keyboard.type("ju")
        expect(palette.chosen).to_contain_text("user/jump")
        palette.press("Enter")
        expect(palette.argument("height")).to_be_focused()
        palette.press("Control+a")
        page.keyboard.type("0.75")
        palette.press("Control+Enter")

        expect(palette.result).to_contain_text("Everybody jumps 0.75 m high.")
        palette.press("Escape")
        expect(palette.root.get_by_label("Find a command")).to_be_focused()


def test_a_load_offers_the_simulations_and_asks_first_while_others_are_there(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)
        palette.choose("playback/load")
        expect(palette.root.get_by_text("people are in this simulation")).to_be_visible()
        palette.run()
        expect(palette.root.locator(".nvj-problem:visible")).to_have_text("choose one")
        expect(palette.runs).to_have_count(0)

        palette.argument("index").select_option(index=2)
        expect(palette.line).to_have_text('client.run_command("playback/load", index=1)')
        palette.run()
        expect(palette.question).to_contain_text("avatars")
        pictures(palette, "palette-question")
        palette.require_accessible()
        palette.question.get_by_role("button", name="No").click()
        expect(palette.runs).to_have_count(0)
        palette.run()
        palette.question.get_by_role("button", name="Yes").click()

        palette.ended()
        expect(palette.result).to_contain_text(KEYS_CHANGED)
        palette.result.locator("summary").click()
        palette.screenshot("palette-effects")
    eventually(lambda: server.copy_state()["simulation.index"] == 1)


def test_a_slow_run_shows_its_progress_and_survives_a_reload_of_the_page(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)
        palette.choose("user/checkpoint")
        palette.run()
        palette.ended()
        palette.choose("user/slow-report")
        palette.argument("seconds").fill("300")
        palette.run()
        bar = palette.result.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[1-9]\d?$"))
        palette.screenshot("palette-running")
        palette.require_accessible()

        palette.notebook.reload()

        again = Palette(palette.notebook)
        expect(again.runs).to_have_count(2)
        expect(again.result).to_contain_text("running")
        expect(again.runs.nth(1)).to_contain_text("done")
        again.result.get_by_role("button", name="Stop waiting").click()
        again.ended("not waited for")
        expect(again.result).to_contain_text("the server may go on")


def test_a_press_works_while_a_cell_runs(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "meanwhile"})
    palette = open_palette(notebook, server.port)
    cell = palette.notebook.hold()

    palette.choose("user/say")
    palette.run()

    expect(palette.result).to_contain_text("meanwhile")
    assert palette.notebook.is_running(cell)


def test_several_run_at_once_and_one_press_is_one_run(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    gate, calls = threading.Event(), []

    def wait() -> None:
        calls.append(1)
        gate.wait(60)

    server.register_command("user/wait", wait)
    server.register_command("user/say", lambda text: {"result": text}, {"text": "quick"})
    palette = open_palette(notebook, server.port)
    palette.choose("user/wait")
    palette.run()
    palette.run()
    palette.choose("user/say")
    palette.run()

    expect(palette.runs).to_have_count(3)
    palette.ended()
    expect(palette.root.locator(".nvj-run .nvj-chip", has_text="running")).to_have_count(2)
    gate.set()
    expect(palette.root.locator(".nvj-run .nvj-chip", has_text="done")).to_have_count(3)
    assert len(calls) == 2


def test_numbers_stay_as_typed_and_can_be_marked_as_whole(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/count", lambda n: {"n": n}, {"n": 1})
    palette = open_palette(notebook, server.port)
    palette.choose("user/count")
    field = palette.argument("n")
    expect(field).to_have_value("1")
    field.fill("2.0")
    expect(palette.line).to_have_text('client.run_command("user/count", n=2.0)')

    palette.button("integer").click()
    expect(palette.line).to_have_text('client.run_command("user/count", n=2)')
    palette.argument("n").fill("2.5")
    palette.run()
    expect(palette.root.get_by_text("a whole number is needed")).to_be_visible()
    expect(palette.runs).to_have_count(0)
    palette.argument("n").fill("7")
    palette.run()
    palette.ended()
    palette.notebook.reload()

    again = Palette(palette.notebook)
    again.choose("user/count")
    expect(again.argument("n")).to_have_value("7")
    expect(again.button("integer")).to_have_attribute("aria-pressed", "true")


def test_form_and_json_say_the_same(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.register_command("user/echo", lambda **arguments: arguments, {"n": 1, "on": True})
    palette = open_palette(notebook, server.port)
    palette.choose("user/echo")
    palette.argument("n").fill("3")
    palette.button("JSON").first.click()
    json = palette.root.get_by_label("All arguments as JSON")
    expect(json).to_have_value('{"n": 3, "on": true}')

    json.fill('{"n": 4.0, "more": [1, "x"], ')
    expect(palette.root.get_by_text("not JSON")).to_be_visible()
    pictures(palette, "palette-json-broken")
    json.fill('{"n": 4.0, "more": [1, "x"]}')
    expect(palette.line).to_have_text('client.run_command("user/echo", n=4.0, more=[1, "x"])')
    palette.button("Form").click()

    expect(palette.argument("n")).to_have_value("4.0")
    expect(palette.root.get_by_text("Left out")).to_be_visible()
    palette.screenshot("palette-form")
    palette.require_accessible()
    palette.run()
    expect(palette.result).to_contain_text('"more": [1, "x"]')
    expect(palette.result).to_contain_text('"on": true')


def test_a_missing_argument_is_asked_for_by_the_servers_own_words(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    def greet(name: str) -> dict[str, Any]:
        return {"result": f"Hi {name}"}

    server.register_command("user/greet", greet)
    palette = open_palette(notebook, server.port)
    palette.choose("user/greet")
    palette.run()
    palette.ended("failed")
    expect(palette.result).to_contain_text("needs the argument name")
    pictures(palette, "palette-failed")
    palette.require_accessible()

    palette.result.get_by_role("button", name="Add it").click()
    expect(palette.root.locator(".nvj-fields :focus")).to_be_visible()
    palette.notebook.page.keyboard.type("Ada")
    palette.press("Control+Enter")

    expect(palette.result).to_contain_text("Hi Ada")


def test_command_that_fails_shows_the_servers_words(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    def explode() -> None:
        raise ValueError("no <b>fuse</b> left")

    server.register_command("user/explode", explode)
    palette = open_palette(notebook, server.port)

    palette.choose("user/explode")
    palette.run()

    expect(palette.result).to_contain_text("no <b>fuse</b> left")


def test_a_pinned_command_is_a_button_for_this_server_in_the_next_notebook(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    palette = open_palette(notebook, server.port)
    palette.choose("user/say")
    palette.argument("text").fill("from a button")
    palette.button("Pin as button").click()
    palette.root.get_by_label("Label").fill("Say it")
    palette.root.get_by_label("Icon").fill("🗣")
    palette.screenshot("palette-pinning")
    palette.require_accessible()
    palette.button("Keep as button").click()
    expect(palette.buttons).to_have_count(1)

    other = open_palette(notebook, server.port)
    other.buttons.first.click()

    expect(other.result).to_contain_text("from a button")
    other.screenshot("palette-pinned")
    other.button("Edit").first.click()
    other.button("Remove the button Say it").click()
    expect(other.buttons).to_have_count(0)


def test_a_run_is_loaded_back_run_again_and_deleted(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "one"})
    palette = open_palette(notebook, server.port)
    palette.choose("user/say")
    palette.run()
    palette.ended()
    palette.argument("text").fill("two")

    palette.result.get_by_role("button", name="Edit").click()
    expect(palette.argument("text")).to_have_value("one")
    palette.result.get_by_role("button", name="Again").click()
    expect(palette.runs).to_have_count(2)
    palette.ended()
    palette.result.get_by_role("button", name="Delete from the history").click()

    expect(palette.runs).to_have_count(1)
    palette.button("Clear").click()
    expect(palette.runs).to_have_count(0)


def test_the_line_of_python_becomes_a_cell_below_that_does_the_same(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    palette = open_palette(notebook, server.port)
    palette.notebook.run("'a cell further down'")
    palette.choose("user/say")
    palette.argument("text").fill('quoted "text"')
    before = palette.notebook.sources()

    palette.root.locator(".nvj-form").get_by_role("button", name="As cell").click()

    line = 'client.run_command("user/say", text="quoted \\"text\\"")'
    after = eventually(
        lambda: palette.notebook.sources() if palette.notebook.sources() != before else None
    )
    place = before.index("%nanover palette") + 1
    assert after == [*before[:place], line, *before[place:]]
    assert "quoted" in palette.notebook.run_cell(place)


def test_the_last_result_is_in_the_kernel_under_a_chosen_name(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    show = "from nanover_jupyter import CommandPalette\npalette = CommandPalette(client)\npalette"
    palette = open_palette(notebook, server.port, show)
    name = palette.root.get_by_label("Give each result to the variable")
    name.fill("1x")
    palette.press("Enter")
    expect(palette.root.get_by_text("cannot be the name")).to_be_visible()
    name.fill("answer")
    palette.press("Enter")
    palette.choose("user/say")
    palette.run()
    palette.ended()

    assert palette.notebook.run("answer, palette.last_result, palette.selected") == str(
        ({"result": "hello"}, {"result": "hello"}, "user/say")
    )


def test_python_drives_the_palette_that_is_shown(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    server.register_command("other/say", lambda text: {"result": text}, {"text": "hello"})
    show = (
        "from nanover_jupyter import CommandPalette\n"
        "from nanover_jupyter.arguments import Text\n"
        "palette = CommandPalette(client, filter='user/*')\npalette"
    )
    palette = open_palette(notebook, server.port, show)
    expect(palette.options).to_have_count(1)

    palette.notebook.run(
        "palette.describe('user/say', 'Says it back.', text=Text('x', help='What to say.'))\n"
        "palette.selected = 'user/say'"
    )
    expect(palette.root.get_by_text("Says it back.")).to_be_visible()
    expect(palette.root.get_by_text("What to say.")).to_be_visible()
    assert "from python" in palette.notebook.run(
        "await palette.run('user/say', text='from python')"
    )
    expect(palette.result).to_contain_text("from python")
    palette.notebook.run("palette.filter = ''; palette.query = 'other'")
    expect(palette.chosen).to_contain_text("other/say")


def test_the_list_refreshes_by_itself_and_what_is_chosen_stays(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    for number in range(60):
        server.register_command(f"user/m-{number:02}", dict)
    palette = open_palette(notebook, server.port)
    palette.choose("user/m-40")
    palette.root.get_by_label("Find a command").fill("")
    expect(palette.root.locator(".nvj-footer")).to_contain_text("60 commands")
    expect(palette.chosen).to_contain_text("user/m-40")
    expect(palette.chosen).to_be_in_viewport(ratio=1)
    place = palette.chosen.bounding_box()

    for number in range(20):
        server.register_command(f"user/a-{number:02}", dict)

    expect(palette.root.locator(".nvj-footer")).to_contain_text("80 commands", timeout=60_000)
    expect(palette.chosen).to_contain_text("user/m-40")
    eventually(lambda: palette.chosen.bounding_box() == place)


def test_a_command_that_disappears_while_its_form_is_open_says_so(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    server.register_command("user/other", dict)
    # Else the list might be asked for before the press.
    show = (
        "from nanover_jupyter.client import command_poll\n"
        "command_poll._SHORTEST = command_poll._LONGEST = 3600.0\n%nanover palette"
    )
    palette = open_palette(notebook, server.port, show)
    palette.choose("user/say")
    server.unregister_command("user/say")
    palette.run()
    palette.ended("failed")
    expect(palette.result).to_contain_text("does not have this command any more")

    palette.button("Ask the server for its commands again").click()

    expect(palette.root.get_by_text("The server has no user/say any more.")).to_be_visible()


def test_a_server_that_goes_away_during_a_run_is_said_and_nothing_runs_twice(
    notebook: OpenNotebook,
) -> None:
    gate, calls = threading.Event(), []

    def wait() -> None:
        calls.append(1)
        gate.wait(60)

    with NanoverServer() as server:
        server.register_command("user/wait", wait)
        palette = open_palette(notebook, server.port)
        palette.choose("user/wait")
        palette.run()
        eventually(lambda: calls)
    palette.ended("failed")
    expect(palette.result).to_contain_text("look before you run it again")
    pictures(palette, "palette-lost")
    with NanoverServer(port=server.port) as again:
        again.register_command("user/wait", wait)
        expect(palette.root.locator(".nvj-banner")).to_be_hidden(timeout=60_000)
        expect(palette.runs).to_have_count(1)
    gate.set()
    assert len(calls) == 1


def test_hostile_commands_and_results_are_text(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    bad = "<img src=x onerror='window.wasHurt=1'>"
    deep: Any = 1.0
    for _ in range(25):
        deep = {"in": deep}
    result = {"result": bad, "nan": float("nan"), "deep": deep, "large": ["x" * 50] * 20_000}
    names = [bad, 'user/"quoted" name', "user/" + "long" * 250, "__proto__", "\u202euser/turned"]
    for name in names:
        server.register_command(name, lambda **_: result, {bad: bad, "__proto__": 1})
    server.update_state(None, DictionaryChange({"avatar.<b>": bad}))
    palette = open_palette(notebook, server.port)
    expect(palette.options).to_have_count(len(names))

    for place in range(len(names)):
        palette.options.nth(place).click()
        palette.run()
        expect(palette.runs).to_have_count(place + 1)
        palette.ended()
    palette.result.get_by_role("button", name="Fetch all of it").click()
    expect(palette.result.get_by_role("button", name="Fetch all of it")).to_have_count(0)

    pictures(palette, "palette-hostile")
    palette.require_accessible()
    assert palette.root.locator("img, script").count() == 0
    hurt = "[window.wasHurt, {}.polluted, Object.prototype.x]"
    assert palette.notebook.page.evaluate(hurt) == [None] * 3


def test_five_thousand_commands_are_found_and_scrolled(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    for number in range(5_000):
        server.register_command(f"user/command-{number:04}", dict)
    palette = open_palette(notebook, server.port)
    expect(palette.root.locator(".nvj-footer")).to_contain_text("000 commands")
    assert palette.options.count() < 100

    palette.root.get_by_label("Find a command").fill("4711")
    expect(palette.chosen).to_contain_text("user/command-4711")
    palette.root.get_by_label("Find a command").fill("")
    expect(palette.chosen).to_contain_text("user/command-4711")
    expect(palette.chosen).to_be_in_viewport()
    palette.screenshot("palette-huge")
    palette.require_accessible()


def test_keys_after_a_click_go_to_the_widget_and_saving_to_jupyterlab(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "by key"})
    palette = open_palette(notebook, server.port)
    palette.choose("user/say")

    palette.press("Control+Enter")

    expect(palette.result).to_contain_text("by key")
    assert not palette.notebook.is_saved()
    palette.press("Control+s")
    eventually(palette.notebook.is_saved)


def test_no_commands_is_said(notebook: OpenNotebook, server: NanoverServer) -> None:
    palette = open_palette(notebook, server.port)

    expect(palette.root.get_by_text("This server offers no commands.")).to_be_visible()
    pictures(palette, "palette-empty")
    palette.require_accessible()
    # The words have all the place, and the form is there as soon as there is a command.
    expect(palette.root.locator(".nvj-palette-right")).to_be_hidden()
    server.register_command("user/first", dict)
    # The longer nothing changed, the longer until it is asked for again.
    expect(palette.options).to_have_count(1, timeout=60_000)
    palette.choose("user/first")
    palette.run()
    expect(palette.result).to_contain_text("It returned nothing.")


def test_the_parts_of_a_large_result_fold_and_open(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    atoms = [{"name": f"atom {number}", "at": [0.5] * 3, "bonded": []} for number in range(70)]
    result = {"result": "Here they are.", "title": "methane", "atoms": atoms, "nan": float("nan")}
    server.register_command("user/atoms", lambda: result)
    palette = open_palette(notebook, server.port)
    palette.choose("user/atoms")
    palette.run()
    expect(palette.result).to_contain_text("Here they are.")
    expect(palette.result).to_contain_text("… 70 items")
    pictures(palette, "palette-folded")
    palette.require_accessible()

    folds = palette.result.locator(".nvj-fold")
    folds.first.focus()
    palette.press("ArrowDown")
    palette.press("ArrowRight")
    expect(palette.result).to_contain_text("atom 3")
    palette.screenshot("palette-unfolded")
    palette.press("ArrowLeft")
    expect(palette.result).not_to_contain_text("atom 3")

    palette.notebook.page.evaluate("navigator.clipboard.writeText('')")
    palette.result.get_by_role("button", name="JSON").click()
    copied = "async () => (await navigator.clipboard.readText()).includes('atom 69')"
    palette.notebook.page.wait_for_function(copied)


def test_a_load_tells_which_locks_it_cleared(notebook: OpenNotebook, server: NanoverServer) -> None:
    with DemoWorld(server):
        palette = open_palette(notebook, server.port)
        palette.notebook.run("client.attempt_update_locks({'scene': 600})")
        palette.choose("playback/load")
        palette.argument("index").select_option(index=2)
        expect(palette.root.get_by_text("people are in this simulation")).to_be_visible()
        palette.run()
        palette.question.get_by_role("button", name="Yes").click()

        expect(palette.result).to_contain_text("1 lock cleared, and taken again")
        palette.result.locator("summary").first.click()
        expect(palette.result).to_contain_text("switched by playback/load")
        pictures(palette, "palette-locks")
        palette.require_accessible()


def test_a_secret_is_sent_but_neither_seen_nor_kept(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    heard: list[str] = []

    def login(name: str, password: str) -> None:
        heard.append(f"{name} {password}")

    server.register_command("user/login", login, {"name": "Anna", "password": ""})
    palette = open_palette(notebook, server.port)
    palette.choose("user/login")
    palette.argument("password").fill("swordfish")
    expect(palette.argument("password")).to_have_attribute("type", "password")
    palette.button("Pin as button").click()
    palette.button("Keep as button").click()
    palette.run()
    palette.ended()
    assert heard == ["Anna swordfish"]
    palette.screenshot("palette-secret")
    assert "swordfish" not in palette.root.inner_text()
    palette.require_accessible()

    other = open_palette(notebook, server.port)
    other.buttons.first.click()
    expect(other.argument("password")).to_be_focused()
    expect(other.argument("password")).to_have_value("")
    assert len(heard) == 1


def test_a_command_of_the_notebooks_own_server_is_described_where_it_is_written(
    notebook: OpenNotebook,
) -> None:
    page = notebook(
        [
            (
                "from nanover_jupyter import CommandPalette, NanoverServer, connect\n"
                "from nanover_jupyter.arguments import Bool, Float\n"
                "from nanover_jupyter.describing import command\n"
                "server = NanoverServer()"
            ),
            (
                "@command(server, 'lab/stir', speed=Float(120.0, min=1, max=500, unit='1/min'), "
                "gently=Bool(default=True))\n"
                "def stir(speed, gently):\n"
                "    'Stirs the sample.'\n"
                "    return {'result': f'Stirring at {speed:g}, gently: {gently}.'}"
            ),
            "connection = connect(server)\nCommandPalette(connection)",
        ]
    )
    palette = Palette(page)
    palette.choose("lab/stir")
    expect(palette.root.get_by_text("Stirs the sample.")).to_be_visible()
    expect(palette.root.get_by_text("1 to 500 1/min")).to_be_visible()
    palette.argument("speed").fill("600")
    palette.run()
    expect(palette.root.get_by_text("at most 500 1/min")).to_be_visible()
    palette.argument("speed").fill("60")
    palette.argument("gently").click()
    palette.run()
    expect(palette.result).to_contain_text("Stirring at 60, gently: False.")


def test_a_button_of_ones_own_runs_a_command(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.register_command("user/say", lambda text: {"result": text}, {"text": "hello"})
    page = notebook(
        [
            (
                f"from nanover_jupyter import command_button, connect\n"
                f"connection = connect('127.0.0.1:{server.port}')"
            ),
            "say = command_button(connection, 'user/say', text='from a button')\nsay",
        ]
    )
    page.page.get_by_role("button", name="say", exact=True).click()

    eventually(lambda: "from a button" in page.run("say.last_run and say.last_run.result"))


@needs_golden
def test_recorded_server_answers_as_it_was_recorded(notebook: OpenNotebook) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        palette = open_palette(notebook, server.port)

        palette.choose("playback/list")
        palette.run()

        expect(palette.result).to_contain_text("simulations")
