#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes manual pages: of a command from what its --help says, of lane files from their table.

    page.py command POSTERN NAME FRAGMENT OUT   FRAGMENT, if it is there, is what --help has no room for
    page.py main POSTERN TEMPLATE OUT           @COMMANDS@ and @VERSION@ replaced
    page.py lane POSTERN TESTERS.md TEMPLATE OUT   @KEYS@ and @VERSION@ replaced
"""
import os
import re
import subprocess
import sys

DATE = "2026-11-28"
OPTION = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
ARGUMENT = re.compile(r"(?<![\w.$'/-])([A-Z][A-Z]+|[A-Z](?![\w.]))(?![a-z])")


def ask(postern, *words):
	"""What a command prints with --help, or with another last word."""
	last = [] if words and words[-1] == "--version" else ["--help"]
	done = subprocess.run([postern, *words, *last], stdin=subprocess.DEVNULL, capture_output=True,
		text=True, check=False)
	if done.returncode:
		sys.exit(f"postern {' '.join(words)}: exit {done.returncode}: {done.stderr}")
	return done.stdout


def escaped(text):
	"""Text as roff takes it: nothing of it is a request or an escape."""
	text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
	text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
	return "\\&" + text if text.startswith(".") else text


def marked(text, arguments=True):
	"""Options bold; in synopses and terms words in capitals italic."""
	parts = []
	for part in OPTION.split(text):
		if OPTION.fullmatch(part):
			parts.append(f"\\fB{escaped(part)}\\fP")
		elif arguments:
			parts += [f"\\fI{escaped(piece)}\\fP" if ARGUMENT.fullmatch(piece) else escaped(piece)
				for piece in ARGUMENT.split(part)]
		else:
			parts.append(escaped(part))
	line = "".join(parts)
	return "\\&" + line if line[:1] in (".", "'") else line


def indent_of(line):
	return len(line) - len(line.lstrip())


class Help:
	"""What a --help prints: how it is called, and blocks of text or of terms with what they mean."""

	def __init__(self, text):
		paragraphs = text.strip("\n").split("\n\n")
		self.usage = self.read_usage(paragraphs[0].split("\n"))
		self.blocks = []
		for paragraph in paragraphs[1:]:
			self.read(paragraph.split("\n"))
		self.actions = []
		if re.search(r"'postern [\w -]*ACTION --help'", text):
			terms = next(block for kind, block in self.blocks if kind == "terms")
			self.actions = [term for term, _ in terms]

	@staticmethod
	def read_usage(lines):
		usage = []
		for line in lines:
			line = re.sub(r"^[Uu]sage: ", "", line).strip()
			if line.startswith("postern"):
				usage.append(line)
			else:
				usage[-1] += " " + line
		return usage

	def read(self, lines):
		for line in lines:
			listed = indent_of(line) >= 2
			kind = self.blocks[-1][0] if self.blocks else ""
			if line is lines[0] or (kind == "terms") != listed:
				self.blocks.append(("terms", []) if listed else ("text", []))
			block = self.blocks[-1][1]
			if listed:
				self.read_term(block, line)
			else:
				block.append(line)

	@staticmethod
	def read_term(block, line):
		"""A term is at the margin of its list; what it means stands behind it, or below, far to the right."""
		if re.match(r" {2,6}(-\w, )?--|  (?=\S)", line):
			found = re.match(r"\s+(\S.*?)\s{2,}(\S.*)$", line) or re.match(r"  ([a-z-]+) ([a-z].*)$", line)
			block.append([*(found.groups() if found else (line.strip(), ""))])
		elif not block[-1][1] and indent_of(line) < 10:
			block[-1][0] += " " + line.strip()
		else:
			block[-1][1] += (" " if block[-1][1] else "") + line.strip()


def filled(line):
	"""A line of running text in lines that a person can edit."""
	short = [""]
	for word in line.split(" "):
		if short[-1] and len(short[-1]) + len(word) > 77:
			short.append("")
		short[-1] += (" " if short[-1] else "") + word
	return ["\\&" + part if part[:1] in (".", "'") else part for part in short]


def synopsis(help_):
	for usage in help_.usage:
		words = usage.split(" ")
		count = next((i for i, word in enumerate(words) if not re.fullmatch("[a-z][a-z-]*", word)), len(words))
		yield f".SY \"{escaped(' '.join(words[:count]))}\""
		if words[count:]:
			yield from filled(marked(" ".join(words[count:])))
		yield ".YS"


def described(help_):
	for place, (kind, block) in enumerate(help_.blocks):
		if kind == "text":
			yield from [".PP"] if place else []
			yield from filled(marked(" ".join(block), arguments=False))
			continue
		for term, meaning in block:
			yield ".TP"
			yield marked(term) if term.startswith("-") else "\\fB" + escaped(term) + "\\fP"
			if meaning:
				yield from filled(marked(meaning, arguments=False))


def actions_of(postern, words, help_):
	"""The sections of a command's actions, and of theirs."""
	for action in help_.actions:
		of_action = Help(ask(postern, *words, action))
		yield f".SS postern {escaped(' '.join([*words, action]))}"
		yield from synopsis(of_action)
		yield ".PP"
		yield from described(of_action)
		yield from actions_of(postern, [*words, action], of_action)


def version_of(postern):
	return ask(postern, "--version").split()[1]


def commands_of(postern):
	return re.findall(r"^  ([a-z]+) +(\S.*)$", ask(postern), re.M)


def command_page(postern, name, fragment):
	summary = dict(commands_of(postern))[name]
	help_ = Help(ask(postern, name))
	status = [i for i, (kind, block) in enumerate(help_.blocks)
		if kind == "text" and block[0].startswith("Exit status: ")]
	ending = help_.blocks.pop(status[0])[1] if status else []
	yield '.\\" SPDX-License-Identifier: Apache-2.0'
	yield f".TH POSTERN\\-{name.upper()} 1 {DATE} \"postern {version_of(postern)}\""
	yield ".SH NAME"
	yield f"postern\\-{name} \\- {escaped(summary)}"
	yield ".SH SYNOPSIS"
	yield from synopsis(help_)
	yield ".SH DESCRIPTION"
	yield from described(help_)
	if help_.actions:
		yield ".SH ACTIONS"
		yield from actions_of(postern, [name], help_)
	if os.path.exists(fragment):
		with open(fragment, encoding="utf-8") as file:
			yield file.read().rstrip("\n")
	if ending:
		yield ".SH EXIT STATUS"
		yield from filled(marked(" ".join(ending).removeprefix("Exit status: "), arguments=False))
	yield ".SH SEE ALSO"
	yield ".BR postern (1),"
	yield ".BR postern\\-lane (5)"


def replaced(template, postern, mark, lines):
	with open(template, encoding="utf-8") as file:
		text = file.read()
	text = text.replace("@VERSION@", version_of(postern)).replace("@DATE@", DATE)
	return [text.rstrip("\n").replace(mark, "\n".join(lines))]


def main_page(postern, template):
	listed = [line for name, summary in commands_of(postern)
		for line in (".TP", f".BR postern\\-{name} (1)", escaped(summary[0].upper() + summary[1:]) + ".")]
	return replaced(template, postern, "@COMMANDS@", listed)


def plain(text):
	"""A cell of a table in Markdown: code bold, of links the words."""
	text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
	return "".join(f"\\fB{escaped(part)}\\fP" if i % 2 else escaped(part)
		for i, part in enumerate(text.split("`")))


def full_names(cell):
	"""`policy.file`, `.mode` are policy.file and policy.mode."""
	names = re.findall("`([^`]+)`", cell)
	group = names[0].split(".")[0]
	return [group + name if name.startswith(".") else name for name in names]


def lane_page(postern, testers, template):
	with open(testers, encoding="utf-8") as file:
		section = file.read().split("\n## Lane files\n")[1].split("\n## ")[0]
	lines = []
	for row in re.findall(r"^\| (`.*) \|$", section, re.M):
		keys, standard, meaning = row.split(" | ") if row.count(" | ") == 2 else (*row.rstrip(" |").split(" | "), "")
		lines += [".TP", ", ".join(f"\\fB{escaped(name)}\\fP" for name in full_names(keys)),
			*filled(plain(meaning)), *([".br"] if meaning else []),
			*filled("Required." if standard == "required" else f"Default: {plain(standard)}.")]
	return replaced(template, postern, "@KEYS@", lines)


def main(kind, *words):
	*inputs, out = words
	lines = {"command": command_page, "main": main_page, "lane": lane_page}[kind](*inputs)
	text = "\n".join(lines) + "\n"
	with open(out, "w", encoding="utf-8") as file:
		file.write(text)


if __name__ == "__main__":
	if len(sys.argv) < 5 or sys.argv[1] not in ("command", "main", "lane"):
		sys.exit(__doc__)
	main(*sys.argv[1:])
