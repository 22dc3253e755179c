"""The register of abstraction permits (取水许可台账): a row a permit, with holder, volume, term and wells."""

from dataclasses import replace

from liangshui.registry.sheets.fields import Choice, Field, Kind, by_name, words
from liangshui.registry.sheets.ledger import LEDGER

_OF = by_name(LEDGER)

STATES = (
    Choice("valid", "有效", words("正常 存续 在期 已发证 有效期内 延续 变更 换证")),
    Choice("expired", "过期", words("到期 已过期 已到期 失效")),
    Choice("ended", "注销", words("已注销 吊销 已吊销 撤销 已撤销 撤回 已撤回 作废 已作废 废止")),
)

PERMITS: tuple[Field, ...] = (
    replace(_OF["permit_number"], required=True),
    replace(
        _OF["user_name"],
        heading="取水权人",
        aliases=tuple(a for a in (*_OF["user_name"].aliases, _OF["user_name"].heading, "持证人", "持证单位", "被许可人")
                      if a != "取水权人"),
    ),
    replace(_OF["credit_code"], required=False),
    replace(_OF["town"], required=False, from_sheet_name=False),
    replace(_OF["village"], required=False),
    replace(_OF["project_name"], required=False),
    Field(
        name="permit_purpose",
        heading="取水用途",
        aliases=words("用途 许可用途 取水目的 用水类型 取水用途类型"),
        max_length=60,
        meaning="证上写的用途",
        example="农业灌溉",
    ),
    replace(_OF["source"], required=False),
    replace(_OF["sector"], required=False, heading="用水行业", aliases=(), written=False),
    _OF["permitted_m3"],
    _OF["permit_from"],
    _OF["permit_to"],
    _OF["permit_period"],
    Field(
        name="permit_office",
        heading="发证机关",
        aliases=words("审批机关 审批部门 发证单位 审批单位 发证部门 许可机关 取水审批机关 颁证机关"),
        max_length=60,
        meaning="发证的机关",
        example="某某旗水利局",
    ),
    Field(
        name="permit_state",
        heading="证照状态",
        aliases=words("状态 许可证状态 证件状态 取水许可证状态 许可状态"),
        kind=Kind.CHOICE,
        choices=STATES,
        written=False,
    ),
    Field(
        name="permit_wells",
        heading="取水口编号",
        aliases=words("井号 机井编号 取水井编号 取水口代码 取水口 水井编号 所含取水口 井编号"),
        kind=Kind.CODE,
        several=True,
        max_length=40,
        meaning="这个证管的取水口，几个之间用顿号",
        example="XN-0001、XN-0002",
    ),
)  # fmt: skip
