"""Every page can be rendered from plain views, and keeps what came from outside apart from its own markup."""
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hasip.console.pages import OPERATOR_PLACES, TRUNK_TABS, render
from hasip.console.words import BASIC_MODES
from tests.console import sample

PAGES = sample.pages()


class Marks(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def ids(self) -> list[str]:
        return [each["id"] for _, each in self.tags if each.get("id")]


def page_of(name: str, **changed: object) -> str:
    return render(**(PAGES[name] | changed))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_inline_that_the_content_policy_would_refuse(name):
    for tag, attributes in Marks(page_of(name)).tags:
        assert "style" not in attributes and tag != "style", (tag, attributes)
        assert not any(each.startswith("on") for each in attributes), (tag, attributes)
        assert tag != "script" or (attributes.get("src") or "").startswith("/static/")


@pytest.mark.parametrize("name", PAGES)
def test_an_id_stands_once_on_a_page(name):
    ids = Marks(page_of(name)).ids()
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_changes_something_carries_the_token(name):
    page = page_of(name)
    if PAGES[name]["viewer"] is not None:
        assert page.count('method="post"') == page.count('name="csrf_token" value="token-of-')


@pytest.mark.parametrize("name", PAGES)
def test_what_aria_describes_is_there(name):
    marks = Marks(page_of(name))
    named = {each for _, attributes in marks.tags for each in (attributes.get("aria-describedby") or "").split()}
    assert named <= set(marks.ids())


def test_a_name_is_text_never_markup():
    head = replace(sample.ACME, name='<script>alert(1)</script>"')
    page = page_of("calls", head=head)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;" in page


def test_operators_have_their_places_and_customers_have_not():
    for path, title in OPERATOR_PLACES:
        assert f'href="{path}"' in page_of("trunks"), title
        assert f'href="{path}"' not in page_of("calls"), title


def test_a_trunks_page_has_all_tabs_and_says_which_one_is_open():
    for path, title in TRUNK_TABS:
        assert f"{title}</a>" in page_of("timeline"), path
    assert 'href="/trunks/acme/timeline" aria-current="page"' in page_of("timeline")


def test_the_modes_are_told_side_by_side_and_the_one_in_use_is_marked():
    page = page_of("availability")
    for mode, told in BASIC_MODES.items():
        assert f'value="{mode}"' in page
        assert told.on_failure in page
    assert page.count("In use</span>") == 1
    assert "Today: 204 calls, 188 to the primary, 16 to the secondary. 16 of them were moved after a failure." in page


def test_a_mode_that_cannot_be_chosen_says_why():
    page = page_of("availability", view=replace(PAGES["availability"]["view"], obstacles={"load_balancing": "needs the add-on high availability"}))
    assert "needs the add-on high availability" in page
    assert page.count(" disabled") == 1


def test_an_error_stands_beside_its_field_and_the_field_says_so():
    page = page_of("secondary")
    assert 'id="allow-error"' in page
    assert 'aria-describedby="allow-hint allow-error" aria-invalid="true"' in page
    assert "1 field needs another look" in page


def test_a_failover_is_told_in_words_beside_its_picture():
    page = page_of("timeline")
    assert "16 calls left a site that failed for another one; 15 of them were answered there." in page
    assert "gave no answer of any kind for 2 s. The calls went on to" in page
    assert page.count('class="failed"') == 3


def test_zones_can_be_drained_by_operators_only():
    assert 'action="/zones/drain"' in page_of("advanced")
    assert 'action="/zones/drain"' not in page_of("advanced", viewer=sample.CUSTOMER)
