package web

import (
	"testing"

	"liandong/dispatch"
)

func TestPaperWordsAreWhole(t *testing.T) {
	t.Parallel()
	for lang, other := range map[string]string{"zh": "en", "en": "zh"} {
		for word, text := range paperWords[lang] {
			if text == "" || paperWords[other][word] == "" {
				t.Errorf("%s is not said in both languages", word)
			}
		}
	}
	var want []string
	for _, a := range dispatch.Aspects {
		want = append(want, "aspect."+string(a))
	}
	for _, r := range dispatch.PartRoles {
		want = append(want, "role."+string(r))
	}
	for _, s := range dispatch.DrillStates {
		want = append(want, "state."+string(s))
	}
	for _, m := range dispatch.InjectMethods {
		want = append(want, "method."+string(m))
	}
	for _, p := range dispatch.PictureTypes {
		want = append(want, "picture."+string(p))
	}
	for _, word := range want {
		if paperWords["zh"][word] == "" {
			t.Errorf("there is no word for %s", word)
		}
	}
}
