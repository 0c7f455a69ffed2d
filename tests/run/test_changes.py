"""What `./scripts/run` does if files change or a function ends."""

from tests.project import ANSWERS, LANG, Project, ask


def test_a_changed_file_restarts_its_function_alone(project: Project) -> None:
    handler = project.add("a", ANSWERS.format(answer="old"))
    project.add("b", "import os\n\ndef handle(req):\n    return str(os.getpid())\n")
    with project.serve() as running:
        other_process = ask(project.port + 1)
        handler.write_text(ANSWERS.format(answer="new answer"))
        assert running.wait_for_line("changed, starting again") == "a: handler.py changed, starting again"
        running.wait_for_line(f"a serves again on http://localhost:{project.port}")
        assert ask(project.port) == "new answer"
        assert ask(project.port + 1) == other_process


def test_a_changed_template_restarts_every_function(project: Project) -> None:
    project.add("a")
    project.add("b")
    with project.serve() as running:
        (project.root / "template" / LANG / "new.py").touch()
        running.wait_for_line("^a serves again")
        running.wait_for_line("^b serves again")
        assert (project.root / "build/.dev/1/b/new.py").exists()


def test_a_function_that_ends_is_reported_and_starts_again_when_it_is_fixed(project: Project) -> None:
    handler = project.add("broken", "raise RuntimeError('no luck')\n")
    project.add("whole")
    with project.serve() as running:
        running.wait_for_line(
            r"^broken has ended \(exit code 1\); it starts again when its files change", stream="stderr"
        )
        running.wait_for_line("^    RuntimeError: no luck", stream="stderr")
        assert ask(project.port + 1) == "hello"
        handler.write_text(ANSWERS.format(answer="fixed"))
        running.wait_for_line("^broken serves again")
        assert ask(project.port) == "fixed"


def test_requirements_that_changed_are_installed_and_a_failure_leaves_the_others_alone(project: Project) -> None:
    handler = project.add("a")
    project.add("b")
    with project.serve() as running:
        (handler.parent / "requirements.txt").write_text("./nowhere\n")
        running.wait_for_line(r"^a: pip could not install functions/a/requirements.txt: .*nowhere", 30, "stderr")
        assert ask(project.port + 1) == "hello"
        (handler.parent / "requirements.txt").write_text("# nothing\n")
        running.wait_for_line("^a serves again", 30)
