"""Addresses with odd words in them are answered, never with an error of ours."""

import pytest

from liangshui.records.asked import whole

ODD = ["abc", "-1", "²", "１２", "99999999999999999999", "%00", "2026-13", "' OR 1=1"]
PAGES = [
    "/account/?by=user&town={}&month={}", "/account/?by=intake&user={}", "/account/differences/?user={}&page={}",
    "/account/closing/?year={}", "/account/closing/0-05/", "/account/closing/{}-05/", "/account/supply/?year={}",
    "/account/statements/?sort={}&method={}&page={}", "/quota/figures/?sort={}&page={}", "/villages/?q={}",
    "/imports/new/?kind={}", "/imports/template/?kind={}", "/intakes/new/?project={}", "/projects/new/?user={}",
    "/map/?at={}", "/search/?q={}", "/?area={}", "/quota/{}/{}/", "/imports/?q={}", "/intakes/?page={}&sort={}&town={}",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_odd_words_in_an_address(world, sign_in, page):
    client = sign_in(world.officer)
    for odd in ODD:
        assert client.get(page.replace("{}", odd)).status_code < 500, odd


def test_a_whole_number_is_of_plain_digits():
    assert [whole(text) for text in ("12", "0", "2147483647")] == [12, 0, 2_147_483_647]
    assert [whole(text) for text in ("", None, "²", "１２", "2147483648", "-1", "1e3")] == [None] * 7
