"""Canned answers. Each has something that a page or an encoder can get wrong."""

FOODS = """\
Here are some calorie-dense foods:

1. **Nuts and nut butters**: almonds, walnuts, peanut butter (about 600 kcal per 100 g)
2. **Oils and butter**: olive oil, ghee (about 880 kcal per 100 g)
3. **Seeds**: chia, sunflower, tahini
4. **Avocados** and olives 🥑
5. **Cheese** and whole milk
6. **Dried fruit**: dates, raisins, apricots
7. **Dark chocolate** (70 % and more)
8. **Fatty fish**: salmon, mackerel
9. **Granola**, and rice with coconut milk

A handful of nuts as a snack is the easiest way to start. *Bon appétit!*"""

CODE = '''\
Here is a function that counts words:

```python
from collections import Counter


def count_words(text: str) -> Counter[str]:
    """How often each word is in `text`."""
    return Counter(word.casefold() for word in text.split())


print(count_words("to be or not to be") & Counter("a < b > c"))
```

Run it with `make`, whose rules need a real tab:

```make
run:
\tpython count_words.py | tee "out.txt"
```

It needs no packages; `count_words("…")` is all there is to call.'''

TABLE = """\
| Language | Greeting | Since | Typing |
|:---------|:--------:|------:|--------|
| Python | `print("hi")` | 1991 | dynamic |
| Go | `fmt.Println("hi")` | 2009 | static |
| 日本語 | こんにちは | – | *none at all* |
| Rust \\| C | `"a" \\| "b"` | 2015 | static |

The table has **four** rows."""

EMOJI = """\
Emoji: 😀 🎉 👍\U0001f3fd 👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 🇩🇪 🇯🇵 1\ufe0f\u20e3 ❤\ufe0f
Combining: e\u0301 (é), n\u0303 (ñ), Z\u0324\u0337a\u0310\u0338l\u0315g\u0322o\u0334
CJK: 你好，世界。 こんにちは世界。 안녕하세요 세계.
Right to left: שלום עולם, مرحبا بالعالم
Others: Ünïcödé, Ελληνικά, Русский, हिन्दी, ไทย, 𝔐𝔞𝔱𝔥 𝒮𝒸𝓇𝒾𝓅𝓉
Line ends that JSON may carry raw: \u2028and\u2029here."""

_SENTENCES = (
    "The river left the hills before dawn and took the long way round.",
    "Nobody in the village knew how old the bridge was, and nobody asked.",
    "A clerk counted the boats: seven, then nine, then seven again.",
    "“Write it down,” said the ferryman, “or it will not have happened.”",
    "By noon the fog had gone 🌫️ and the far bank looked near enough to touch.",
    "She folded the letter twice, naïvely, and put it under the lamp.",
    "Rain came late; the gutters sang until three o'clock.",
    "And so the day went on, one word after the other.",
)


def story(tokens: int) -> str:
    """Numbered paragraphs of at least `tokens` tokens; cut to length by the caller."""
    paragraphs = []
    for number in range(1, tokens // 40 + 2):
        sentences = (_SENTENCES[(number * 3 + step) % len(_SENTENCES)] for step in range(4))
        paragraphs.append(f"## Part {number}\n\n{' '.join(sentences)}")
    return "\n\n".join(paragraphs)
