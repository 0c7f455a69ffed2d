"""The local runner: serves the functions of a stack file on this machine, without Docker.

options       the arguments of `run`, and the stack file
venv          the virtual environment that it runs in
requirements  what is installed there, by one pip call, and only when it changed
lock          a folder that one process at a time may use
workplace     where one run lays its functions out
substitution  ${NAME:-default}, as faas-cli reads it
stack         the functions of a stack file
template      what a template says: fprocess, handler folder, its image's default settings
layout        a function's build folder, as faas-cli lays it out
ports         which are taken, free, open
watchdog      of-watchdog, where it is installed
upstream      whom the functions ask for answers: OpenAI, or mock-openai
environment   the variables of one function's process
process       one function's process, its output and its end
files         what changed in a folder
service       one function: laid out, started, watched, restarted
signals       Ctrl-C and SIGTERM, as one exception
serving       all of them, until Ctrl-C
problem       the one error that a person is shown

`options`, `venv`, `requirements`, `lock` and `problem` run before anything is installed: standard library only.
"""
