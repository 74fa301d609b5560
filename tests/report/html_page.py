"""A page as a reader of HTML finds it."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects tags with their attributes, the text outside scripts, and the scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.scripts, self._inside = [], [], [], None
        self.feed(text)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside != "style":
            self.words.append(data)
