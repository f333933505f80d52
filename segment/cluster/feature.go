package cluster

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Feature names a column, for the people who read what a cluster is like.
type Feature struct {
	// Name identifies the column. It must not be empty.
	Name string `json:"name"`
	// Label is what people call it. Defaults to Name.
	Label keyaccount.Text `json:"label,omitzero"`
	// High and Low are what an account with a high or a low value has, such as
	// "frequent orders" and "rare orders". Default to "high " and "low " (高,
	// 低) before Label.
	High keyaccount.Text `json:"high,omitzero"`
	Low  keyaccount.Text `json:"low,omitzero"`
}

// Features returns features that have just a name.
func Features(names ...string) []Feature {
	fs := make([]Feature, len(names))
	for i, name := range names {
		fs[i].Name = name
	}
	return fs
}

// filled returns f with its defaults.
func (f Feature) filled() Feature {
	f.Label = either(f.Label, keyaccount.Text{En: f.Name, Zh: f.Name})
	f.High = either(f.High, keyaccount.Text{En: "high " + f.Label.En, Zh: "高" + f.Label.Zh})
	f.Low = either(f.Low, keyaccount.Text{En: "low " + f.Label.En, Zh: "低" + f.Label.Zh})
	return f
}

// checkFeatures accepts no features at all, or a named one for each column.
func checkFeatures(fs []Feature, cols int) error {
	if len(fs) == 0 {
		return nil
	}
	if len(fs) != cols {
		return mismatch("Features", strconv.Itoa(len(fs)), "there are "+strconv.Itoa(cols)+" columns")
	}
	seen := make(map[string]bool, len(fs))
	for i := range fs {
		if fs[i].Name == "" {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Features", Row: i + 1, Reason: "a feature needs a name",
			}
		}
		if seen[fs[i].Name] {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrDuplicate, Field: "Features", Row: i + 1, Value: fs[i].Name, Reason: "two columns have this name",
			}
		}
		seen[fs[i].Name] = true
	}
	return nil
}

// featureName names column j, whether or not it has a feature.
func featureName(fs []Feature, j int) string {
	if j < len(fs) {
		return fs[j].Name
	}
	return "column " + strconv.Itoa(j+1)
}

// either returns t, and what it lacks from other.
func either(t, other keyaccount.Text) keyaccount.Text {
	if t.En == "" {
		t.En = other.En
	}
	if t.Zh == "" {
		t.Zh = other.Zh
	}
	return t
}
