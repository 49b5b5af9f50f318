package demo

import (
	"fmt"
	"strings"

	"liandong/dispatch"
)

var (
	surnames = strings.Split("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕", " ")
	given    = strings.Split("建国 志强 晓明 海涛 文静 丽华 俊杰 永刚 春梅 国栋 振华 雪梅 卫东 新民 少华 玉兰 宏伟 立新 明亮 秀英 子涵 思远 浩然 雨晴 家豪 佳怡 天宇 欣然 鹏飞 书航", " ")
)

// name makes up a person that depends on the key alone.
func name(key string) string {
	rnd := dice("name " + key)
	return surnames[rnd.IntN(len(surnames))] + given[rnd.IntN(len(given))]
}

// phone makes up a number that nobody has: mobile numbers start with 13 to 19.
func phone(key string) string {
	return fmt.Sprintf("100%08d", dice("phone "+key).IntN(100_000_000))
}

func areaDuty(level dispatch.AreaLevel, code string) []dispatch.DutyLine {
	posts := map[dispatch.AreaLevel][]string{
		dispatch.LevelCity:     {"市值班领导", "市值班主任", "市值班员"},
		dispatch.LevelCounty:   {"县级值班领导", "县级值班员"},
		dispatch.LevelTownship: {"乡镇值班领导", "应急办值班员"},
		dispatch.LevelVillage:  {"网格员"},
	}[level]
	var out []dispatch.DutyLine
	for i, post := range posts {
		key := fmt.Sprintf("duty %s %d", code, i)
		out = append(out, dispatch.DutyLine{Name: name(key), Post: post, Phone: phone(key)})
	}
	return out
}
