// The one chart theme: water blue first, then greys that stay apart for colour-blind eyes.
echarts.registerTheme("liangshui", {
  color: ["#1f6fb2", "#8a8f98", "#5a9bd1", "#3a4c63", "#b7bcc4", "#c2570c"],
  textStyle: { fontFamily: '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif' },
  line: { symbolSize: 4, lineStyle: { width: 1.5 } },
  categoryAxis: { axisLine: { lineStyle: { color: "#8a8f98" } } },
  valueAxis: { splitLine: { lineStyle: { color: "#e9edf2" } } },
});
