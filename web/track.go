package web

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/geo"
)

// Track is where a team has been: a GeoJSON feature (RFC 7946), one line for each time without a gap,
// with a time for each point in the member that GPX converters have made the custom.
type Track struct {
	Type     string `json:"type" enum:"Feature"`
	Geometry struct {
		Type        string        `json:"type" enum:"MultiLineString"`
		Coordinates [][]geo.Point `json:"coordinates" doc:"WGS-84, longitude first; a lone position is told twice, for a line has two points"`
	} `json:"geometry"`
	Properties struct {
		Team  string        `json:"team"`
		Name  string        `json:"name" doc:"the call sign"`
		Times [][]time.Time `json:"coordTimes" doc:"of each point, by the source's clock"`
		Speed [][]float64   `json:"speed" doc:"m/s; -1 unknown"`
	} `json:"properties"`
}

type trackInput struct {
	Team   string    `query:"team" required:"true" minLength:"1" maxLength:"64"`
	From   time.Time `query:"from" required:"true"`
	To     time.Time `query:"to" required:"true"`
	Zoom   int       `query:"zoom" minimum:"1" maximum:"22" doc:"only the points that a map of 512-pixel tiles needs at this zoom: the line moves by a pixel at most. Without it every position"`
	Gap    int       `query:"gap" minimum:"1" maximum:"1440" default:"10" doc:"minutes; after a longer time without a position a new line begins"`
	Format string    `query:"format" enum:"json,geojson,gpx" default:"json" doc:"geojson is the same as a file, gpx a file of GPX 1.1"`
}

// Bounds of one question about a track; a device that reports each second fills the second in 14 hours.
const (
	longestTrack = 48 * time.Hour
	mostPoints   = 50_000
)

// trackFiles are the formats that are told as a file.
var trackFiles = map[string]string{"geojson": "application/geo+json", "gpx": "application/gpx+xml"}

func (s *Server) trackRoutes() {
	content := asBytes(trackFiles["geojson"], trackFiles["gpx"])
	content["application/json"] = &huma.MediaType{Schema: s.schemaOf(Track{})}
	read(s, huma.Operation{OperationID: "track", Method: http.MethodGet, Path: "/api/v1/tracks", Tags: []string{"reads"},
		Summary:   "where a team has been, at most 48 hours and 50,000 positions",
		Responses: map[string]*huma.Response{"200": {Description: "the track", Content: content}}}, s.track)
}

func (s *Server) track(ctx context.Context, me *signedIn, in *trackInput) (*huma.StreamResponse, error) {
	if err := span(in.From, in.To, longestTrack); err != nil {
		return nil, err
	}
	team, err := s.mayFollow(ctx, me.actor, in.Team)
	if err != nil {
		return nil, err
	}
	positions, err := s.positions(ctx, dispatch.TrackQuery{Realm: me.actor.Realm, Team: in.Team, From: in.From, To: in.To, Limit: mostPoints})
	if err != nil {
		return nil, err
	}
	pieces := pieces(positions, time.Duration(in.Gap)*time.Minute, in.Zoom)
	body, kind := []byte(nil), "application/json"
	if in.Format == "gpx" {
		body, err = gpx(practised(me.actor.Realm, team.CallSign), pieces)
	} else {
		body, err = json.Marshal(trackOf(team, practised(me.actor.Realm, team.CallSign), pieces))
	}
	if err != nil {
		return nil, err
	}
	name := ""
	if file, ok := trackFiles[in.Format]; ok {
		// What leaves the house as a file is written down, as every export is.
		if err := s.audit(ctx, me, "export", "track "+team.ID); err != nil {
			return nil, err
		}
		kind, name = file, fmt.Sprintf("%s %s.%s", practised(me.actor.Realm, team.CallSign), in.From.UTC().Format("20060102T1504Z"), in.Format)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", kind)
		hc.SetHeader("Cache-Control", "no-store")
		if name != "" {
			hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		}
		_, _ = hc.BodyWriter().Write(body) // the reader may have left
	}}, nil
}

// positions reads a track whole, or says up to when it may be asked for at once.
func (s *Server) positions(ctx context.Context, q dispatch.TrackQuery) ([]dispatch.Position, error) {
	found, err := s.cfg.Store.Track(ctx, q)
	if err != nil || len(found) < q.Limit {
		return found, err
	}
	last := found[len(found)-1]
	next := q
	next.After, next.Limit = dispatch.TrackCursor{Fixed: last.Fixed, Received: last.Received}, 1
	more, err := s.cfg.Store.Track(ctx, next)
	if err == nil && len(more) > 0 {
		err = invalid("to", q.To, fmt.Sprintf("该时段的定位点超过 %d 个，请缩短时间段", q.Limit), fmt.Sprintf("there are more than %d positions in this time: ask for less of it", q.Limit),
			"at most "+last.Fixed.UTC().Format(time.RFC3339))
	}
	return found, err
}

// mayFollow passes for those who see the team whole, and returns it. Where a team has been is more than
// where it is: that a team is open to all does not open its past. An observer counts as a dispatcher of
// its agency.
func (s *Server) mayFollow(ctx context.Context, actor dispatch.Actor, team string) (*dispatch.Team, error) {
	ref := dispatch.Ref{Kind: dispatch.KindTeam, ID: team}
	if _, err := s.cfg.Service.Get(ctx, actor, ref); err != nil {
		return nil, err
	}
	r, err := s.cfg.Service.Get(ctx, dispatch.System(actor.Realm), ref)
	if err != nil {
		return nil, err
	}
	by := s.onlooker(actor)
	if by.Role == dispatch.RoleObserver {
		by.Role = dispatch.RoleDispatcher
	}
	if dispatch.See(by, ref, dispatch.HeadOf(r).Scope) != dispatch.Full {
		return nil, refusal(dispatch.Forbidden, "您无权查看该队伍的轨迹", "you may not see where this team has been")
	}
	return r.(*dispatch.Team), nil
}

// pieces are the positions that were shown, in their order, parted where nothing came for longer than
// the gap. With a zoom each is only what the map needs: first, last and every bend stay, each with its
// own time.
func pieces(positions []dispatch.Position, gap time.Duration, zoom int) [][]dispatch.Position {
	var out [][]dispatch.Position
	for _, p := range positions {
		if p.Flag != "" {
			continue
		}
		n := len(out) - 1
		if n < 0 || p.Fixed.Sub(out[n][len(out[n])-1].Fixed) > gap {
			out, n = append(out, nil), n+1
		}
		out[n] = append(out[n], p)
	}
	if zoom == 0 {
		return out
	}
	for n, piece := range out {
		line := make([]geo.Point, len(piece))
		for i, p := range piece {
			line[i] = p.Point
		}
		var few []dispatch.Position
		for _, i := range geo.SimplifyLine(line, float64(zoom)) {
			few = append(few, piece[i])
		}
		out[n] = few
	}
	return out
}

func trackOf(team *dispatch.Team, name string, pieces [][]dispatch.Position) Track {
	t := Track{Type: "Feature"}
	t.Geometry.Type, t.Geometry.Coordinates = "MultiLineString", [][]geo.Point{}
	t.Properties.Team, t.Properties.Name, t.Properties.Times, t.Properties.Speed = team.ID, name, [][]time.Time{}, [][]float64{}
	for _, piece := range pieces {
		if len(piece) == 1 {
			piece = append(piece[:1:1], piece[0])
		}
		var points []geo.Point
		var times []time.Time
		var speed []float64
		for _, p := range piece {
			points, times, speed = append(points, p.Point), append(times, p.Fixed), append(speed, p.Speed)
		}
		t.Geometry.Coordinates = append(t.Geometry.Coordinates, points)
		t.Properties.Times, t.Properties.Speed = append(t.Properties.Times, times), append(t.Properties.Speed, speed)
	}
	return t
}
