"""A report's page, taken apart."""

import re
from html.parser import HTMLParser

from calcidect.report import write_report

_HIDDEN = {"style", "script"}


class Page(HTMLParser):
    """Collects tags, texts, addresses, headings and pictures of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.addresses, self.headings, self.images, self.labels = [], [], [], [], [], []
        self.attributes = []
        self._open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes.append((tag, given))
        self.addresses += [given[name] for name in ("src", "href") if name in given]
        self.labels += [given[name] for name in ("alt", "title", "aria-label") if name in given]
        if tag == "img":
            self.images.append(given)
        if tag not in ("meta", "img", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        inside = self._open[-1] if self._open else ""
        if inside in _HIDDEN:
            return
        self.texts.append(data)
        if re.fullmatch("h[1-6]", inside):
            self.headings.append((int(inside[1]), data))

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


def page_of(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def report_of(scene, folder, **options):
    folder.mkdir()
    write_report(scene.result(), scene.study.low, folder, **options)
    return folder
