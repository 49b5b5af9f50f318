package imports

import (
	"bytes"
	"encoding/csv"

	"liandong/dispatch"
)

// Template is an empty list of the kind as CSV: the header in Chinese and one
// row as an example, in UTF-8 with the byte order mark that Excel asks for.
func Template(k dispatch.Kind) ([]byte, error) {
	spec, ok := kinds[k]
	if !ok {
		return nil, unknownKind(k)
	}
	var head, example []string
	for _, c := range spec.columns {
		mark := ""
		if c.required {
			mark = "（必填）"
		}
		head, example = append(head, c.names[0]+mark), append(example, c.example)
	}
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	if err := w.WriteAll([][]string{head, example}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
