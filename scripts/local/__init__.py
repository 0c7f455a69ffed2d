"""What the scripts do: serve, test and check the project on this machine.

venv          the project's .venv; every script runs in it
requirements  what is installed in it, by one pip call, and only when it changed
substitution  ${NAME:-default}, as faas-cli reads it
stack         the functions of stack.yaml
template      what a template says: fprocess, handler folder, its image's default settings
layout        build/<function>, as faas-cli lays it out
ports         which are taken, free, open
watchdog      of-watchdog, where it is installed
upstream      whom the functions ask for answers: OpenAI, or mock-openai
environment   the variables of one function's process
process       one function's process, its output and its end
files         what changed in a folder
service       one function: laid out, started, watched, restarted
signals       Ctrl-C and SIGTERM, as one exception
serving       ./scripts/run
checking      ./scripts/check, ./scripts/fix
verbs         which script calls what
problem       the one error that a person is shown

`venv`, `requirements` and `problem` run before anything is installed: standard library only.
"""
