"""Arithmetic without `eval`: numbers, + - * / // % **, parentheses and a few functions, with limits on all of them."""

import ast
import math
import operator
from collections.abc import Callable

Number = int | float

_LONGEST = 200
_MOST_DIGITS = 300
"""The most digits of a whole number. Python calculates and prints such a number in microseconds."""

_LARGEST = 10**_MOST_DIGITS

_OPERATORS: dict[type[ast.AST], Callable[..., Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs, "round": round, "min": min, "max": max, "sqrt": math.sqrt, "log": math.log, "log10": math.log10,
    "exp": math.exp, "sin": math.sin, "cos": math.cos, "tan": math.tan,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e}
_EXPECTED = f"expected numbers, + - * / // % **, parentheses, {', '.join([*_FUNCTIONS, *_CONSTANTS])}"


class ArithmeticRefusedError(Exception):
    """The expression cannot be calculated. The message says why."""


def calculate(expression: str) -> Number:
    """The value of an arithmetic expression; `^` and `×` are understood too. Raises ArithmeticRefusedError."""
    if len(expression) > _LONGEST:
        raise ArithmeticRefusedError(f"the expression has {len(expression)} characters: expected {_LONGEST} at most")
    text = expression.strip().replace("^", "**").replace("×", "*").replace("÷", "/").replace("−", "-")
    try:
        value = _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ArithmeticRefusedError(f"{expression!r} is not arithmetic, or has no value: {_EXPECTED}") from None
    except ZeroDivisionError:
        raise ArithmeticRefusedError("it divides by zero") from None
    except (OverflowError, TypeError) as error:
        raise ArithmeticRefusedError(f"{expression!r} cannot be calculated: {error}") from None
    return value


def _value(node: ast.AST) -> Number:
    """The value of a part. Its parts are within the limits, so that one operation cannot take long."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            result: Number = number
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            result = _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            result = _OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            result = _OPERATORS[type(op)](_value(operand))
        case ast.Name(id=name) if name in _CONSTANTS:
            result = _CONSTANTS[name]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            result = _FUNCTIONS[name](*map(_value, arguments))
        case _:
            raise ArithmeticRefusedError(f"{ast.unparse(node)!r} is not arithmetic: {_EXPECTED}")
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        raise ArithmeticRefusedError("the result is no real number")
    if isinstance(result, int) and abs(result) >= _LARGEST:
        raise ArithmeticRefusedError(f"a number in it has more than {_MOST_DIGITS} digits")
    return result


def _power(base: Number, exponent: Number) -> Number:
    """A power. Its digits are estimated first, because calculating 9**9**9 would take hours."""
    if abs(base) > 1 and abs(exponent) * math.log10(abs(base)) > _MOST_DIGITS:
        raise ArithmeticRefusedError(f"a power in it has more than {_MOST_DIGITS} digits")
    result: Number = base**exponent
    return result
