package jt808

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// sample is a frame with what another implementation reads in it.
type sample struct {
	Src, Hex   string
	Error      string
	ChecksumOK bool   `json:"checksum_ok"`
	LenOK      bool   `json:"len_ok"`
	ID         string `json:"msg_id"`
	Length     int    `json:"body_len"`
	Encrypt    uint8
	Subpkg     bool
	V2019      bool
	Version    uint8 `json:"protocol_ver"`
	Phone      string
	Serial     uint16
	Location   *reference
	Batch      *struct {
		Count, Type int
		Items       []reference
	}
}

type reference struct {
	Alarm, Status string
	ACC           bool `json:"acc_on"`
	Fixed         bool
	Lat, Lon      float64
	Alt           int     `json:"alt_m"`
	Speed         float64 `json:"speed_kmh"`
	Dir           int
	Time          string `json:"time_bcd_gmt8"`
	Extra         map[string]string
	Cut           bool `json:"extra_truncated"`
}

// Every sample frame is read as its reference says, or refused where it says
// that it is none.
func TestSamples(t *testing.T) {
	folder := os.Getenv("LIANDONG_DATA")
	if folder == "" {
		t.Skip("set LIANDONG_DATA to the folder with jt808/")
	}
	file, err := os.Open(filepath.Join(folder, "jt808", "frames_go-jt808.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	frames, locations, broken := 0, 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		raw := unhex(t, s.Hex)
		f, err := Decode(raw[1 : len(raw)-1])
		if s.Error != "" || !s.ChecksumOK || !s.LenOK {
			broken++
			if err == nil {
				t.Errorf("%s: %s is read as %+v, though it is no frame", s.Src, s.Hex, f)
			}
			continue
		}
		frames++
		if err != nil {
			t.Errorf("%s: %s: %v", s.Src, s.Hex, err)
			continue
		}
		if fmt.Sprintf("0x%04X", uint16(f.ID)) != s.ID && fmt.Sprintf("0x%04x", uint16(f.ID)) != s.ID || len(f.Body) != s.Length || f.Encryption != s.Encrypt ||
			(f.Parts > 0) != s.Subpkg || f.V2019 != s.V2019 || f.Version != s.Version || f.Phone != s.Phone || f.Serial != s.Serial {
			t.Errorf("%s: %s is read as %+v", s.Src, s.Hex, f.Header)
		}
		// Some leave a 7D as it is, which the standard does not.
		if b := Encode(f); !bytes.Equal(b, raw) && !bytes.Equal(bytes.ReplaceAll(b, []byte{escape, 1}, []byte{escape}), raw) {
			t.Errorf("%s: %s is written again as %x", s.Src, s.Hex, Encode(f))
		}
		var got []Location
		var want []reference
		switch {
		case s.Location != nil:
			l, err := DecodeLocation(f.Body)
			if err != nil {
				t.Errorf("%s: %s: %v", s.Src, s.Hex, err)
			}
			got, want = []Location{l}, []reference{*s.Location}
		case s.Batch != nil:
			ls, past, err := DecodeBatch(f.Body)
			if err != nil || past != (s.Batch.Type == 1) || len(ls) != s.Batch.Count {
				t.Errorf("%s: %s: %d locations, past: %v, %v", s.Src, s.Hex, len(ls), past, err)
			}
			got, want = ls, s.Batch.Items
		}
		for i := range want {
			locations++
			if i >= len(got) || !got[i].is(want[i]) {
				t.Errorf("%s: %s: location %d is %+v, want %+v", s.Src, s.Hex, i, got, want[i])
			}
		}
	}
	t.Logf("%d frames with %d locations as their references say, %d that are none refused", frames, locations, broken)
	if frames < 100 || locations < 30 || broken == 0 {
		t.Errorf("only %d frames, %d locations, %d broken: is the file whole?", frames, locations, broken)
	}
}

func (l Location) is(r reference) bool {
	extra := map[string]string{}
	for _, i := range l.Items {
		extra[fmt.Sprintf("0x%02X", i.ID)] = hex.EncodeToString(i.Value)
	}
	alarm, _ := strconv.ParseUint(r.Alarm, 0, 32)
	status, _ := strconv.ParseUint(r.Status, 0, 32)
	return l.Alarm == uint32(alarm) && l.Status == uint32(status) && l.ACC() == r.ACC && l.Fixed() == r.Fixed &&
		math.Abs(l.Lat-r.Lat) < 1e-9 && math.Abs(l.Lon-r.Lon) < 1e-9 && l.Altitude == r.Alt && l.Speed == r.Speed && l.Direction == r.Dir &&
		l.Time.In(beijing).Format("060102150405") == r.Time && maps.Equal(extra, r.Extra) && l.Cut == r.Cut
}
