package imports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"liandong/dispatch"
)

// Bounds of a file. XLSX is a zip: what comes out of it is bounded too.
const (
	MaxBytes   = 32 << 20
	maxRows    = 20_000
	maxColumns = 100
	maxCell    = 4000 // characters
	maxUnzip   = 256 << 20
)

// line is one line of a table with its number in the file, from 1.
type line struct {
	number int
	cells  []string
}

func refuse(zh, en string, legal ...string) error {
	return &dispatch.Error{Code: dispatch.Invalid, Field: "file", Message: en, MessageZH: zh, Legal: legal}
}

func tooLarge(zh, en string) error {
	return &dispatch.Error{Code: dispatch.TooLarge, Field: "file", Message: en, MessageZH: zh}
}

// readTable reads the lines that are not empty of a CSV or XLSX file. What it
// is, its bytes say: the name may lie.
func readTable(data []byte) ([]line, error) {
	var lines []line
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		lines, err = readXLSX(data)
	case bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, refuse("这是旧版 Excel（.xls）或加密的文件，请另存为未加密的 .xlsx 或 CSV", "this is an old Excel file (.xls) or an encrypted one: save it as .xlsx or CSV without a password", ".xlsx", ".csv")
	default:
		lines, err = readCSV(data)
	}
	if err == nil && len(lines) == 0 {
		err = refuse("文件是空的", "the file is empty")
	}
	return lines, err
}

func readXLSX(data []byte) ([]line, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip / 4})
	if err != nil {
		return nil, refuse("无法打开 Excel 文件："+err.Error(), "the Excel file cannot be opened: "+err.Error(), ".xlsx", ".csv")
	}
	defer f.Close()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return nil, refuse("无法读取第一张工作表："+err.Error(), "the first sheet cannot be read: "+err.Error())
	}
	defer rows.Close()
	var out []line
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, refuse(fmt.Sprintf("第 %d 行无法读取", n), fmt.Sprintf("row %d cannot be read: %v", n, err))
		}
		if out, err = appendLine(out, n, cells); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, refuse("工作表无法读取："+err.Error(), "the sheet cannot be read: "+err.Error())
	}
	return out, nil
}

func readCSV(data []byte) ([]line, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(text), -1, true
	var out []line
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, refuse("CSV 格式有误："+err.Error(), "the CSV is malformed: "+err.Error())
		}
		n, _ := r.FieldPos(0)
		if out, err = appendLine(out, n, cells); err != nil {
			return nil, err
		}
	}
}

func appendLine(out []line, n int, cells []string) ([]line, error) {
	empty := true
	for i, c := range cells {
		if utf8.RuneCountInString(c) > maxCell {
			return nil, tooLarge(fmt.Sprintf("第 %d 行有单元格超过 %d 字", n, maxCell), fmt.Sprintf("row %d has a cell of more than %d characters", n, maxCell))
		}
		cells[i] = strings.TrimSpace(c)
		empty = empty && cells[i] == ""
	}
	if empty {
		return out, nil
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > maxColumns {
		return nil, tooLarge(fmt.Sprintf("第 %d 行超过 %d 列", n, maxColumns), fmt.Sprintf("row %d has more than %d columns", n, maxColumns))
	}
	if len(out) > maxRows+10 {
		return nil, tooLarge(fmt.Sprintf("超过 %d 行，请分成几个文件", maxRows), fmt.Sprintf("more than %d rows: split the file", maxRows))
	}
	return append(out, line{n, cells}), nil
}

// decode finds out how the text is written: a byte order mark, else valid UTF-8,
// else GB18030, which holds GBK and GB2312 and is what Excel in China saves.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return "", refuse("文件为 UTF-16 编码，请另存为 UTF-8 或 GBK 的 CSV", "the file is UTF-16: save it as CSV in UTF-8 or GBK", "UTF-8", "GB18030")
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", refuse("这不是文本表格，请上传 CSV 或 XLSX", "this is no table: upload CSV or XLSX", ".csv", ".xlsx")
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", refuse("无法识别文件编码，请另存为 UTF-8 或 GBK", "the encoding is neither UTF-8 nor GBK (GB18030)", "UTF-8", "GB18030")
	}
	return string(text), nil
}

// separator is the sign that the first lines use most: comma, tab or semicolon.
func separator(text string) rune {
	head := text[:min(len(text), 4000)]
	best, most := ',', strings.Count(head, ",")
	for _, r := range []rune{'\t', ';'} {
		if n := strings.Count(head, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}
