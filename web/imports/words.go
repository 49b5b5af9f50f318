package imports

import (
	"errors"
	"fmt"

	"liandong/dispatch"
	"liandong/geo"
)

// The words that lists use for closed sets.
var (
	teamTypes = map[string]dispatch.TeamType{
		"消防": dispatch.TeamFire, "灭火": dispatch.TeamFire, "消防救援": dispatch.TeamFire, "医疗": dispatch.TeamMedical, "急救": dispatch.TeamMedical, "医疗救护": dispatch.TeamMedical,
		"危化": dispatch.TeamHazmat, "危化品": dispatch.TeamHazmat, "危险化学品": dispatch.TeamHazmat, "矿山": dispatch.TeamMine, "矿山救护": dispatch.TeamMine,
		"防汛": dispatch.TeamWater, "水利": dispatch.TeamWater, "防汛抗旱": dispatch.TeamWater, "交通": dispatch.TeamTraffic, "交警": dispatch.TeamTraffic,
		"电力": dispatch.TeamPower, "燃气": dispatch.TeamPower, "供水": dispatch.TeamPower, "社会": dispatch.TeamSocial, "社会救援": dispatch.TeamSocial, "民兵": dispatch.TeamSocial,
		"指挥": dispatch.TeamCommand, "其他": dispatch.TeamOther, "其它": dispatch.TeamOther, "综合": dispatch.TeamOther,
	}
	conditions = map[string]dispatch.Condition{
		"完好": dispatch.ConditionReady, "良好": dispatch.ConditionReady, "正常": dispatch.ConditionReady, "磨损": dispatch.ConditionWorn, "一般": dispatch.ConditionWorn,
		"损坏": dispatch.ConditionBroken, "故障": dispatch.ConditionBroken, "报废": dispatch.ConditionScrapped,
	}
	depotTypes = map[string]string{
		"站点": "station", "消防站": "station", "救援站": "station", "仓库": "warehouse", "物资库": "warehouse", "储备库": "warehouse",
		"医院": "hospital", "急救站": "hospital", "驻点": "post", "值守点": "post", "其他": "post",
	}
	agencyTypes = map[string]dispatch.AgencyType{
		"政府部门": dispatch.AgencyGovernment, "政府": dispatch.AgencyGovernment, "事业单位": dispatch.AgencyGovernment, "企业": dispatch.AgencyEnterprise,
		"社会力量": dispatch.AgencySocial, "社会组织": dispatch.AgencySocial, "相邻地区": dispatch.AgencyNeighbour,
	}
	hazardLevels = map[string]string{
		"一级": "1", "ⅰ级": "1", "i级": "1", "1级": "1", "二级": "2", "ⅱ级": "2", "ii级": "2", "2级": "2",
		"三级": "3", "ⅲ级": "3", "iii级": "3", "3级": "3", "四级": "4", "ⅳ级": "4", "iv级": "4", "4级": "4",
	}
)

// pointFault says in Chinese and English what is wrong with coordinates.
func pointFault(err error) (zh, en string) {
	var swapped *geo.SwappedError
	var outside *geo.OutsideError
	switch {
	case errors.As(err, &swapped):
		return fmt.Sprintf("经纬度可能填反，是否应为经度 %.6f、纬度 %.6f", swapped.Suggest.Lon(), swapped.Suggest.Lat()), err.Error()
	case errors.As(err, &outside):
		r := outside.Region
		return fmt.Sprintf("坐标不在本地区范围内（经度 %.2f 至 %.2f，纬度 %.2f 至 %.2f）", r[0], r[2], r[1], r[3]), err.Error()
	}
	return "坐标无法识别，应如 113.8526,34.0358（经度在前）", err.Error()
}
