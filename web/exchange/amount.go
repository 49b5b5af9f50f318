package exchange

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"liandong/dispatch/vocabulary"
	"liandong/web/edxl"
)

// units are the words for units that other systems write, in this house's own:
// those of lists and of UCUM. What is not here is refused: forty of what?
var units = map[string]string{
	"team": "支", "teams": "支", "crew": "支", "each": "件", "ea": "件", "piece": "件", "pieces": "件", "pcs": "件", "item": "件", "{each}": "件", "1": "件", "set": "套", "sets": "套",
	"l": "升", "litre": "升", "liter": "升", "kg": "千克", "公斤": "千克", "t": "吨", "tonne": "吨", "m": "米", "m3": "立方米", "vehicle": "辆", "boat": "艘", "person": "人",
	"people": "人", "box": "箱", "bag": "袋",
}

// known are the words for units that this house writes.
var known = []string{"支", "件", "套", "升", "千克", "吨", "米", "立方米", "辆", "艘", "人", "箱", "袋", "条", "台", "副", "顶", "张", "桶", "个", "只", "具", "瓶", "双", "块", "根", "把",
	"床", "名", "架", "部", "组", "队", "车", "包", "卷", "盒"}

// inWords is a quantity in words: "2", "2 支", "40 sets".
var inWords = regexp.MustCompile(`^(\d{1,9})\s*(\S{0,20})$`)

// amount is how much a line says, one at least. want is the unit that it is
// counted in; "" for one that is not known yet.
func (r *reading) amount(i int, x edxl.ResourceInfo, want string) (int, string, error) {
	return r.amountFrom(i, x, want, 1)
}

// amountFrom is amount with the least that makes sense.
func (r *reading) amountFrom(i int, x edxl.ResourceInfo, want string, least int) (int, string, error) {
	at := r.at(i) + "/" + pathQuantity
	if x.Assignment == nil || x.Assignment.Quantity == nil {
		return 0, "", r.wrong(at, "", "缺少数量", "the quantity is missing")
	}
	q := x.Assignment.Quantity
	if q.Measured == nil {
		m := inWords.FindStringSubmatch(strings.TrimSpace(strings.Join(q.Texts, " ")))
		if m == nil {
			return 0, "", r.wrong(at+"/QuantityText", strings.Join(q.Texts, " "), "看不出数量", "tells no number", "2", "40 套")
		}
		n, _ := strconv.Atoi(m[1]) // nine digits
		unit, err := r.unit(at+"/QuantityText", m[2], "", want)
		return n, unit, err
	}
	n := q.Measured.Amount
	if n != math.Trunc(n) || n < float64(least) || n > 1_000_000 {
		return 0, "", r.wrong(at+"/MeasuredQuantity/Amount", n, "数量应为 1 至一百万的整数", "is a whole number from 1 to 1,000,000", "1 to 1000000")
	}
	word, urn := "", ""
	if u := q.Measured.Unit; u != nil && len(u.Values) > 0 {
		word, urn = u.Values[0], u.URN
	}
	unit, err := r.unit(at+"/MeasuredQuantity/UnitOfMeasure/Value", word, urn, want)
	return int(n), unit, err
}

// unit is the unit in this house's words.
func (r *reading) unit(at, word, urn, want string) (string, error) {
	word = strings.TrimSpace(word)
	ours := word
	if u, ok := units[strings.ToLower(word)]; ok {
		ours = u
	}
	switch {
	case word == "" && want != "":
		return want, nil
	case word == "":
		return "件", nil
	case want != "" && word != want && ours != want:
		return "", r.wrong(at, word, "计量单位不同，应为"+want, "is another unit than what is asked for", want)
	case want != "":
		return want, nil
	case slices.Contains(known, ours), urn == urnUnit && len([]rune(word)) <= 10:
		return ours, nil
	}
	return "", r.wrong(at, word, "未知的计量单位", "unknown unit", known...)
}

// kind is what a line asks for: a capability of our table, or a thing by its word.
func (r *reading) kind(i int, x *edxl.Resource) (capability, item string, err error) {
	known := func(code string) bool {
		return slices.ContainsFunc(vocabulary.Capabilities, func(c vocabulary.Capability) bool { return c.Code == code })
	}
	word := ""
	if x.Type != nil && len(x.Type.Values) > 0 {
		word = strings.TrimSpace(x.Type.Values[0])
		if x.Type.URN == urnCapability && !known(word) {
			return "", "", r.wrong(r.at(i)+"/Resource/TypeStructure/Value", word, "未知的能力代码", "unknown capability", "a code of the capability table")
		}
		if known(word) && x.Type.URN != urnItem {
			return word, "", nil
		}
		if x.Type.URN == urnItem {
			return "", cut(word, 40), nil
		}
	}
	if known(x.Name) && x.Type == nil {
		return x.Name, "", nil
	}
	return "", cut(firstOf(x.Name, word, x.ID), 40), nil
}
