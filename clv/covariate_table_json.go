package clv

import (
	"encoding/json"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var covariateTableForm = state.Form{Schema: "keyaccount/clv.CovariateTable", Version: 1}

// covariateTableJSON is the table in JSON.
type covariateTableJSON struct {
	Schema     string             `json:"schema"`
	Version    int                `json:"version"`
	Unit       *Unit              `json:"unit"`
	Covariates []string           `json:"covariates"`
	Groups     []accountGroupJSON `json:"groups"`
}

type accountGroupJSON struct {
	Values []float64        `json:"values"`
	Rows   []accountRowJSON `json:"rows"`
}

type accountRowJSON struct {
	History
	N int64 `json:"n"`
}

// MarshalJSON writes the table by covariates and then in the order of
// [Counts.All]: equal tables have equal bytes.
func (t *CovariateTable) MarshalJSON() ([]byte, error) {
	unit := t.Unit()
	out := covariateTableJSON{
		Schema: covariateTableForm.Schema, Version: covariateTableForm.Version, Unit: &unit, Covariates: t.Covariates(),
	}
	for _, g := range t.sorted() {
		group := accountGroupJSON{Values: g.values}
		for h, n := range g.table.All() {
			group.Rows = append(group.Rows, accountRowJSON{h, n})
		}
		out.Groups = append(out.Groups, group)
	}
	return json.Marshal(out)
}

// UnmarshalJSON replaces the table by one that [CovariateTable.MarshalJSON]
// wrote, as strictly as [Counts.UnmarshalJSON] does. After an error the receiver
// is unchanged.
func (t *CovariateTable) UnmarshalJSON(data []byte) error {
	var in covariateTableJSON
	if err := covariateTableForm.ReadJSONStrictly(data, "CovariateTable", &in); err != nil {
		return err
	}
	if in.Unit == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Unit", Reason: "the times of a table need a unit"}
	}
	out, err := NewCovariateTable(*in.Unit, in.Covariates...)
	if err != nil {
		return err
	}
	for _, g := range in.Groups {
		for _, row := range g.Rows {
			if err := out.Add(row.History, row.N, g.Values...); err != nil {
				return err
			}
		}
	}
	*t = *out
	return nil
}

// digest names the table by the hash of its bytes: 128 bits in hex.
func (t *CovariateTable) digest() string {
	b, err := t.MarshalJSON()
	if err != nil {
		return ""
	}
	return digest(b)
}
