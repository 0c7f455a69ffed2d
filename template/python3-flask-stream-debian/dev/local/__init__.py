"""The local runner: serves the functions of a stack file on this machine, without Docker.

options       the arguments of `run`, and the stack file
venv          the virtual environment that it runs in
requirements  installs requirements files there, with one pip call, and only if they have changed
lock          a folder that one process at a time may use
workplace     where one run lays its functions out
substitution  ${NAME:-default}, as faas-cli reads it
stack         the functions of a stack file
template      what a template says: fprocess, handler folder, its image's default settings
layout        a function's build folder, as faas-cli lays it out
ports         which are taken, free, open
plan          which function is served on which port, and which one behind of-watchdog
tokens        the tokens that may call, if callers need one
watchdog      finds of-watchdog
upstream      where the functions send their requests: OpenAI, or mock-openai
environment   the variables of one function's process
process       one function's process, its output and its end
files         what changed in a folder
service       one function: laid out, started, watched, restarted
signals       Ctrl-C and SIGTERM, as one exception
serving       all of them, until Ctrl-C
problem       the error whose text is shown to the user

`options`, `venv`, `requirements`, `lock` and `problem` run before anything is installed: standard library only.
"""
