"""What each workbook beside holds, written by hand: rows by number, with every value that is recorded, and problems.

A place is (longitude, latitude, how, guessed, changes).
"""

from datetime import date
from decimal import Decimal as D
from typing import Any

SOUTH_WELL = ("107.537556", "39.836111", "dms", False, ())
ON_MERIDIAN_40 = ("108.000000", "40.000000")

TWO_HEADS: dict[str, Any] = {
    "left_out": {},
    "tables": {
        "机井台账": {
            "heading_rows": (3, 4),
            "unknown": (),
            "notes": [],
            "skipped": [(8, "total"), (11, "total"), (12, "note"), (13, "note")],
            "rows": {
                5: {
                    "town": "青泉镇", "village": "上泉嘎查", "code": "0001", "name": "上泉1号井", "kind": "well",
                    "user_name": "张三", "phone": "13900000001", "place": SOUTH_WELL, "depth_m": D("120.00"),
                    "pump_model": "250QJ100-54", "pump_kw": D("22.00"), "capacity_m3_h": D("50.00"),
                    "area_mu": D("180.00"), "permitted_m3": D("12500.000"),
                },
                6: {
                    "town": "青泉镇", "village": "上泉嘎查", "code": "0002", "name": "上泉2号井", "kind": "well",
                    "user_name": "李四", "phone": "13900000002", "place": ("107.545833", "39.844444", "dms", False, ()),
                    "depth_m": D("120.50"), "pump_kw": D("18.50"), "area_mu": D("150.00"),
                    "permitted_m3": D("15000.000"), "note": "井房已建",
                },
                7: {
                    "town": "青泉镇", "village": "上泉嘎查", "code": "0002", "name": "上泉2号井", "kind": "well",
                    "user_name": "李四", "phone": "13900000002", "place": ("107.545833", "39.844444", "dms", False, ()),
                    "depth_m": D("120.50"), "pump_kw": D("18.50"), "area_mu": D("150.00"),
                    "permitted_m3": D("15000.000"), "note": "重复登记",
                },
                9: {
                    "town": "白沙镇", "village": "沙梁村", "code": "0003", "name": "沙梁井", "kind": "well",
                    "user_name": "王五", "phone": "0477-1234567", "place": ("107.675000", "39.920000", "dms", False, ()),
                    "pump_model": "200QJ50", "pump_kw": D("11.00"), "capacity_m3_h": D("32.00"),
                    "area_mu": D("1200.00"),
                },
                10: {
                    "town": "没听说过的镇", "village": "河头村", "code": "0004", "name": "河头井", "kind": "well",
                    "user_name": "赵六", "place": ("107.537500", "39.836111", "dms", False, ("swapped",)),
                    "depth_m": D("80.00"), "pump_kw": D("7.50"), "area_mu": D("180.00"),
                },
            },
            "problems": [(9, "K", "depth_m", "not_a_number", {"text": "一百二", "unit": "m"}, True)],
        }
    },
    "duplicates": [("same_code", (("机井台账", 6), ("机井台账", 7)))],
}  # fmt: skip

SHEET_A_TOWN: dict[str, Any] = {
    "left_out": {"字典": "hidden", "Sheet3": "empty", "说明": "no_heading"},
    "tables": {
        "1青泉镇": {
            "heading_rows": (2,),
            "unknown": ("安装水表",),
            "notes": [],
            "skipped": [(5, "lone_text"), (6, "heading")],
            "rows": {
                3: {
                    "town": "青泉镇", "code": "QQ-001", "user_name": "张三",
                    "household_numbers": ("0401000001", "0401000002"), "source": "shallow_groundwater",
                    "place": (*ON_MERIDIAN_40, "gauss_guessed", True, ()), "depth_m": D("100.00"), "pipe_mm": D(100),
                    "management_unit": "GW-1", "status": "in_use", "lawful_method": "electricity",
                },
                4: {
                    "town": "青泉镇", "code": "QQ-002", "user_name": "李四", "household_numbers": ("401000003",),
                    "source": "deep_groundwater", "place": (*ON_MERIDIAN_40, "gauss_prefix", False, ()),
                    "depth_m": D("200.00"), "pipe_mm": D(100), "management_unit": "GW-1", "status": "sealed",
                },
                7: {
                    "town": "青泉镇", "code": "QQ-003", "user_name": "王五", "source": "deep_groundwater",
                    "place": (*ON_MERIDIAN_40, "gauss_prefix", False, ("swapped",)), "depth_m": D("60.00"),
                    "pipe_mm": D(150), "management_unit": "GW-2", "status": "standby", "lawful_method": "meter",
                },
                9: {
                    "town": "青泉镇", "code": "QQ-005", "user_name": "赵六", "source": "shallow_groundwater",
                    "depth_m": D("60.00"), "status": "to_be_sealed",
                },
            },
            "problems": [(9, "G", "place_y", "outside", {"x": "700000", "y": "4429529.03"}, True)],
        },
        "白沙镇": {
            "heading_rows": (1,),
            "unknown": ("安装水表",),
            "notes": [],
            "skipped": [],
            "rows": {
                2: {
                    "town": "白沙镇", "code": "BS-001", "user_name": "钱七", "depth_m": D("60.00"), "pipe_mm": D(100),
                    "status": "in_use",
                },
                3: {"town": "白沙镇", "code": "BS-002", "user_name": "孙八", "household_numbers": ("0401000009",), "source": "rain"},
            },
            "problems": [
                (2, "E", "source", "unclear_choice", {"text": "地下水", "allowed": "浅层地下水、深层地下水"}, False),
                (2, "G", "place_y", "half_a_place", {"text": "500000"}, True),
                (3, "K", "status", "unknown_choice", {"text": "不知道", "allowed": "在用、备用、待封、已封填"}, False),
            ],
        },
    },
    "duplicates": [("same_place", (("1青泉镇", 3), ("1青泉镇", 4), ("1青泉镇", 7)))],
}  # fmt: skip

PICKED_ON_A_MAP = ("107.498798", "39.800390", "degrees", False, ("gcj02",))

PERMITS: dict[str, Any] = {
    "left_out": {},
    "tables": {
        "取水口": {
            "heading_rows": (3, 4),
            "unknown": ("是否在线",),
            "notes": [],
            "skipped": [(5, "numbering"), (10, "total")],
            "rows": {
                6: {
                    "user_name": "演示供水有限公司", "credit_code": "91150000MA0DEMO01X", "town": "青泉镇",
                    "national_code": "150625001", "name": "一水厂取水口", "sector": "living", "place": PICKED_ON_A_MAP,
                    "permit_number": "取水（演）字〔2020〕第 00012 号", "permitted_m3": D("3650000.000"),
                    "max_m3_d": D("21600.00"), "permit_from": date(2020, 1, 1), "permit_to": date(2024, 12, 31),
                    "verification_due": date(2027, 4, 30), "meter_number": "20230001", "register_digits": 6,
                },
                7: {
                    "user_name": "演示矿业有限公司", "town": "青泉镇", "national_code": "150625002", "name": "主井排水口",
                    "source": "mine_drainage", "sector": "industry", "place": PICKED_ON_A_MAP,
                    "permit_number": "D150625G2021-0001", "permitted_m3": D("1200000.000"),
                    "permit_from": date(2021, 5, 1), "permit_to": date(2026, 4, 30),
                    "verification_due": date(2023, 4, 5), "meter_number": "0020",
                },
                8: {
                    "user_name": "演示灌区管理所", "town": "红柳苏木", "national_code": "150625003", "name": "北干渠渠首",
                    "source": "surface", "sector": "agriculture", "permitted_m3": D("36500000.000"),
                    "max_m3_d": D("129600.00"),
                },
                9: {"town": "红柳苏木", "source": "surface", "sector": "agriculture"},
            },
            "problems": [
                (6, "F", "source", "unclear_choice", {"text": "地下水", "allowed": "浅层地下水、深层地下水"}, False),
                (7, "B", "credit_code", "lost_digits", {"text": "9.11500001234568e+17"}, True),
                (7, "P", "register_digits", "not_an_integer", {"text": "6.5", "unit": ""}, True),
                (8, "M", "verification_due", "unclear_date", {"text": "2023.1"}, True),
                (9, "J", "permitted_m3", "too_small", {"text": "-1", "minimum": "0", "maximum": "", "unit": "m³"}, True),
                (9, "M", "verification_due", "not_a_date", {"text": "二〇二三年"}, True),
                (9, "L", "permit_period", "period_reversed", {"text": "2026.1.1-2021.1.1"}, True),
                (9, "H", "place_pair", "not_a_pair", {"text": "x"}, True),
                (9, "A", "user_name", "required", {}, True),
                (9, "D", "name", "unnamed_intake", {}, True),
            ],
        }
    },
    "duplicates": [("same_place", (("取水口", 6), ("取水口", 7)))],
}  # fmt: skip

LIST_GBK: dict[str, Any] = {
    "left_out": {},
    "tables": {
        "": {
            "heading_rows": (2, 3),
            "unknown": ("年用水量(万m3)",),
            "notes": [],
            "skipped": [],
            "rows": {
                4: {
                    "town": "青泉镇", "user_name": "演示合作社", "user_kind": "collective", "name": "北滩1号井", "kind": "well",
                    "place": ("108.123456", "39.912345", "degrees", False, ()),
                },
                5: {
                    "town": "青泉镇", "user_name": "演示合作社", "user_kind": "collective", "name": "北滩2号井", "kind": "well",
                    "place": ("108.123499", "39.912399", "degrees", False, ("swapped",)), "note": "经纬度写反",
                },
                6: {
                    "town": "青泉镇", "user_name": "演示学校", "user_kind": "public", "name": "学校井", "kind": "well",
                    "note": "旧坐标",
                },
                7: {"town": "青泉镇", "user_name": "演示学校", "user_kind": "public", "name": "操场井", "kind": "well"},
                8: {"town": "青泉镇", "user_name": "演示农场", "user_kind": "company", "kind": "well"},
            },
            "problems": [
                (6, "E", "place_lon", "old_datum", {"system": "Beijing54"}, True),
                (7, "E", "place_lon", "zero_place", {}, True),
                (8, "E", "place_lon", "half_a_place", {"text": "108.5"}, True),
                (8, "C", "name", "unnamed_intake", {}, True),
            ],
        }
    },
    "duplicates": [],
}  # fmt: skip

CENSUS: dict[str, Any] = {
    "left_out": {},
    "tables": {
        "机井普查": {
            "heading_rows": (2, 3),
            "unknown": (),
            "notes": [],
            "skipped": [(7, "total")],
            "rows": {
                4: {
                    "town": "青泉镇", "village": "上泉嘎查", "name": "上泉1号井", "user_name": "张三", "place": SOUTH_WELL,
                    "depth_m": D("120.00"), "pipe_mm": D(100),
                },
                5: {
                    "town": "青泉镇", "village": "上泉嘎查", "name": "上泉2号井", "user_name": "李四", "depth_m": D("120.55"),
                    "pipe_mm": D(100),
                },
                6: {"town": "青泉镇", "village": "下泉嘎查", "name": "下泉井", "user_name": "王五"},
            },
            "problems": [(5, "E", "place_lon_degrees", "dms_range", {"text": "107 32 75 39 50 10"}, True)],
        }
    },
    "duplicates": [],
}  # fmt: skip

EXPECTED: dict[str, dict[str, Any]] = {
    "two_heads.xlsx": TWO_HEADS,
    "sheet_a_town.xlsx": SHEET_A_TOWN,
    "permits.xlsx": PERMITS,
    "list_gbk.csv": LIST_GBK,
    "census.xls": CENSUS,
}
