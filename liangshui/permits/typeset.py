"""How the words of a letter are set in Chinese (GB/T 9704, GB/T 15834): full-width marks, days and articles in words. No Django."""

import re

WIDE = str.maketrans(",;:?!", "，；：？！")
HAN = "一-鿿"
DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """A number below a thousand as articles are counted: 20 is 二十, 113 is 一百一十三, 106 is 一百零六."""
    if number < 10:
        return DIGITS[number]
    if number < 20:
        return "十" + (DIGITS[number - 10] if number > 10 else "")
    if number < 100:
        tens, rest = divmod(number, 10)
        return DIGITS[tens] + "十" + (DIGITS[rest] if rest else "")
    hundreds, rest = divmod(number, 100)
    if not rest:
        return DIGITS[hundreds] + "百"
    between = "零" if rest < 10 else "一" if rest < 20 else ""
    return DIGITS[hundreds] + "百" + between + numeral(rest)


def _article(found: re.Match[str]) -> str:
    """第20条 (2) is 第二十条第（二）项; a paragraph (款) is named only where the article is cited with one: 第19(1),(3)条."""
    paragraphs = "、".join(f"第{numeral(int(n))}款" for n in re.findall(r"\((\d+)\)", found["paragraphs"]))
    item = f"第（{numeral(int(found['item']))}）项" if found["item"] else ""
    return f"第{numeral(int(found['article']))}条{paragraphs}{item}"


def chinese(text: str) -> str:
    """A sentence as a Chinese letter has it; one without Chinese characters stays as it is."""
    if not re.search(f"[{HAN}]", text):
        return text
    text = re.sub(r"(\d{4})-(\d\d)-(\d\d)", lambda m: f"{int(m[1])}年{int(m[2])}月{int(m[3])}日", text)
    text = re.sub(r"(?<=\d)\.000(?!\d)", "", text)
    text = re.sub(r"第(?P<article>\d{1,3})(?P<paragraphs>(?:,?\(\d+\))*)条(?: \((?P<item>\d+)\) ?)?", _article, text)
    text = re.sub(r" ?\(([^()]*)\)", lambda m: f"（{m[1]}）" if re.search(f"[{HAN}]", m[1]) else m[0], text)
    text = re.sub(r" ?([,;:?!]) +", lambda m: m[1].translate(WIDE), text)
    return re.sub(f"(?<=[{HAN}）》”])[,;:?!]|[,;:?!](?=[{HAN}（《“])", lambda m: m[0].translate(WIDE), text)
