package dispatch

import (
	"context"
	"net"
)

// LinkSave accepts a neighbour, or changes what is known of it.
type LinkSave struct {
	Expect
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	Region      string `json:"region" doc:"agency of type neighbour that stands for it here"`
	Address     string `json:"address" doc:"host:port of its door for links"`
	Certificate string `json:"certificate" doc:"PEM, as on its card"`
}

// LinkRevoke ends a link: what the neighbour told leaves the board.
type LinkRevoke struct {
	Expect
	Link   string `json:"link"`
	Reason string `json:"reason"`
}

func saveLink(ctx context.Context, w *work, in *LinkSave) error {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, in.Region}, nil)
	if err != nil {
		return err
	}
	if rec.(*Agency).Type != AgencyNeighbour {
		return invalid("region", in.Region, "应为“相邻地区”类型的单位", "is an agency of type neighbour", string(AgencyNeighbour))
	}
	if _, _, err := net.SplitHostPort(in.Address); err != nil {
		return invalid("address", in.Address, "地址应为 主机:端口", "is host:port", "10.0.0.2:8444")
	}
	_, fingerprint, err := ReadCertificate(in.Certificate)
	if err != nil {
		return err
	}
	l := &Link{State: LinkActive}
	if in.ID != "" {
		if l, err = lockOne[*Link](ctx, w, KindLink, in.ID); err != nil {
			return err
		}
		if err := w.may(l); err != nil {
			return err
		}
		if l.State != LinkActive {
			return illegal(KindLink, string(l.State), "save", nil)
		}
		if in.Region != l.Region {
			return invalid("region", in.Region, "代表单位不能更换，请撤销后重新接受", "stays what it is; revoke the link and accept it anew", l.Region)
		}
	}
	l.Name, l.Region, l.Address, l.Certificate, l.Fingerprint = in.Name, in.Region, in.Address, in.Certificate, fingerprint
	if in.ID != "" {
		return w.put(l)
	}
	return w.create(KindLink, "", Scope{Agency: w.actor.Agency, Open: true}, l)
}

func revokeLink(ctx context.Context, w *work, in *LinkRevoke) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	l, err := lockOne[*Link](ctx, w, KindLink, in.Link)
	if err != nil {
		return err
	}
	if err := w.may(l); err != nil {
		return err
	}
	if l.State != LinkActive {
		return illegal(KindLink, string(l.State), string(LinkRevoked), nil)
	}
	l.State, l.Reason, w.change.Note = LinkRevoked, in.Reason, in.Reason
	if err := w.put(l); err != nil {
		return err
	}
	parcels, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindParcel, Text: l.ID, Limit: -1})
	if err != nil {
		return err
	}
	for _, r := range parcels {
		p := r.(*Parcel)
		s := w.stamp()
		p.State, p.Refusal, p.RefusalZH, p.Settled = ParcelRefused, "the link was revoked", "联网已撤销", &s
		if err := w.put(p); err != nil {
			return err
		}
		w.drop(p)
	}
	return w.forget(ctx, l)
}
