# SPDX-License-Identifier: Apache-2.0
"""The traveler's display in its languages: nothing missing, nothing that only one of them says."""

import json
import re
import sys

import tap
from tap import SOURCE, Skip

ASSETS = SOURCE / "core/console/assets"
CATALOGUES = {path.stem: json.loads(path.read_text(encoding="utf-8"))
              for path in sorted((ASSETS / "languages").glob("*.json"))}
SCHEMA = json.loads((SOURCE / "docs/receipt.schema.json").read_text())["$defs"]
SCRIPT = "".join((ASSETS / f"{name}.js").read_text()
                 for name in ("catalogue", "keeps", "receipt", "traveler"))
PAGE = (ASSETS / "traveler.html").read_text()


def placeholders(text):
    return sorted(re.findall(r"\{\w+\}", text))


def test_all_say_the_same_keys_with_the_same_placeholders(_folder):
    assert set(CATALOGUES) >= {"en", "es", "fr", "zh", "ar"}, set(CATALOGUES)
    english = CATALOGUES["en"]
    for language, texts in CATALOGUES.items():
        assert list(texts) == list(english), set(texts) ^ set(english)
        for key, text in texts.items():
            assert isinstance(text, str) and text.strip() == text != "", (language, key)
            assert placeholders(text) == placeholders(english[key]), (language, key)


def test_no_text_was_left_in_another_language(_folder):
    may_agree = {"language-dir", "print", "receipt-id", "receipt-issued"}
    english = CATALOGUES["en"]
    scripts = {"zh": r"[一-鿿]", "ar": r"[؀-ۿ]"}
    for language, texts in CATALOGUES.items():
        for key, text in texts.items():
            if language == "en" or key in may_agree:
                continue
            assert text != english[key], (language, key)
            assert re.search(scripts.get(language, r"\w"), text), (language, key)


def test_the_page_asks_for_nothing_that_is_not_there(_folder):
    texts = CATALOGUES["en"]
    asked = set(re.findall(r'data-say="([\w-]+)"', PAGE))
    asked |= set(re.findall(r'\b(?:say|setProblem)\("([\w-]+)"', SCRIPT))
    asked |= set(re.findall(r'^\t\t\["([\w-]+)", ', SCRIPT, re.M))
    states = re.search(r"const VIEWS = \{(.*?)\n\};", SCRIPT, re.S).group(1)
    states = re.findall(r'^\t"?([\w-]+)"?: \{drawing: "(\w+)"', states, re.M)
    assert len(states) == 14, states
    for state, _ in states:
        asked |= {f"head-{state}"} | ({f"advice-{state}"} if state != "refer" else set())
    assert len(asked) > 50, asked
    assert asked <= set(texts), asked - set(texts)
    drawings = set(re.findall(r'<symbol id="(\w+)"', (ASSETS / "drawings.svg").read_text()))
    wanted = {drawing for _, drawing in states}
    wanted |= set(re.findall(r"drawings\.svg#(\w+)", PAGE))
    assert wanted == drawings, wanted ^ drawings


def test_every_word_of_the_closed_lists_is_said(_folder):
    words = {"outcome": SCHEMA["outcome"]["enum"], "store": SCHEMA["store"]["enum"],
             "reason": [reason for reason in SCHEMA["reason"]["enum"] if reason],
             "choice": ["consent", "decline", "withdraw", "none"],
             "keep": ["0", "none", "unstated", "unset"],
             "step-compare": ["verify", "identify", "enrol"]}
    for name, expected in words.items():
        said = {key.removeprefix(f"{name}-") for key in CATALOGUES["en"]
                if key.startswith(f"{name}-")} - {"for", "nothing"}
        assert said == set(expected), (name, said ^ set(expected))


def test_every_category_of_every_shipped_policy_is_said(_folder):
    try:
        import yaml
    except ImportError as why:
        raise Skip("python3-yaml is not installed") from why
    wanted = set()
    for path in sorted((SOURCE / "policies").glob("*.yaml")):
        axes = yaml.safe_load(path.read_text(encoding="utf-8"))["axes"]
        wanted |= {f"category-{word}" for axis in axes if axis["axis"] == "category"
                   for word in axis["values"]}
    said = {key for key in CATALOGUES["en"] if key.startswith("category-")}
    assert len(wanted) > 40 and said == wanted, said ^ wanted


def test_nobody_is_told_that_they_are_denied(_folder):
    accusing = {
        "en": r"denied|deny|refused|reject|suspicio|fail(ed)? the|not allowed|violat",
        "es": r"denegad|rechazad|sospech|prohibid|infracci",
        "fr": r"rejeté|suspec|interdit|infraction",
        "zh": r"被拒|拒绝您|嫌疑|违规|禁止",
        "ar": r"مرفوض|مشبوه|ممنوع|مخالفة"}
    for language, pattern in accusing.items():
        for key, text in CATALOGUES[language].items():
            assert not re.search(pattern, text, re.I), (language, key, text)


if __name__ == "__main__":
    tap.run(sys.modules[__name__])
