package segment

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// A policyChange is one thing that sets the policies of two Models apart, as
// distinct from what the same policy finds among other accounts.
type policyChange struct {
	field   string
	was, is string
}

func (c policyChange) text() string {
	if c.field == "Policy" { // a name of the host's
		return c.field + " from " + shortQuote(c.was) + " to " + shortQuote(c.is)
	}
	return c.field + " from " + c.was + " to " + c.is
}

// policyChanges lists what a score depends on and somebody decided: the rule of
// each scale, the cuts where they are given, whether scales are nested, and how
// the accounts were summarised. Model.Rule is not among them, for it only says
// what a scale without a rule of its own would get. The two have equal numbers
// of scores and the same dimensions.
func (m *Model) policyChanges(is *Model) (out []policyChange) {
	out = scaleChange(out, "Recency", &m.Recency, &is.Recency, cutOrder, countText)
	out = scaleChange(out, "Frequency", &m.Frequency, &is.Frequency, cutOrder, countText)
	out = scaleChange(out, "Monetary", &m.Monetary, &is.Monetary, moneyCutOrder, exact.Text)
	switch {
	case (m.Nested == nil) != (is.Nested == nil):
		out = append(out, policyChange{"Nested", onOrOff(m.Nested != nil), onOrOff(is.Nested != nil)})
	case m.Nested != nil:
		out = nestedChange(out, "Nested.Frequency", m.Nested.Frequency, is.Nested.Frequency, cutOrder, countText)
		out = nestedChange(out, "Nested.Monetary", m.Nested.Monetary, is.Nested.Monetary, moneyCutOrder, exact.Text)
	}
	for i := range m.Dimensions {
		d, now := &m.Dimensions[i], &is.Dimensions[i]
		if d.LowerBetter != now.LowerBetter {
			out = append(out, policyChange{"Dimensions." + d.Name + ".LowerBetter", onOrOff(d.LowerBetter), onOrOff(now.LowerBetter)})
			continue
		}
		out = scaleChange(out, "Dimensions."+d.Name, &d.Scale, &now.Scale, moneyCutOrder, exact.Text)
	}
	if m.Policy != is.Policy {
		out = append(out, policyChange{"Policy", m.Policy, is.Policy})
	}
	return out
}

// scaleChange appends how the policy of a scale changed, if it did.
func scaleChange[T int | decimal.Decimal](
	out []policyChange, name string, was, is *Scale[T], order func(a, b Cut[T]) int, text func(T) string,
) []policyChange {
	rule := was.Rule.named()
	if now := is.Rule.named(); now != rule {
		return append(out, policyChange{name + ".Rule", rule.String(), now.String()})
	}
	if rule != GivenBreaks {
		return out // the cuts follow the accounts
	}
	for i := range was.Cuts {
		if a, b := was.Cuts[i], is.Cuts[i]; order(a, b) != 0 {
			return append(out, policyChange{name + ".Cuts", givenText(a, text), givenText(b, text)})
		}
	}
	return out
}

// nestedChange appends the first change within the scores. Where one of two
// scales is empty because no fitted account has the scores, that is no policy.
func nestedChange[T int | decimal.Decimal](
	out []policyChange, name string, was, is []Scale[T], order func(a, b Cut[T]) int, text func(T) string,
) []policyChange {
	n := len(out)
	for i := range was {
		if len(was[i].Cuts) == 0 || len(is[i].Cuts) == 0 {
			continue
		}
		out = scaleChange(out, name+"["+strconv.Itoa(i)+"]", &was[i], &is[i], order, text)
		if len(out) > n {
			break
		}
	}
	return out
}

// checkComparable refuses a model whose scores do not mean as much as those of m.
func (m *Model) checkComparable(field string, is *Model) error {
	for _, s := range []struct {
		name    string
		was, is int
	}{
		{"Recency", m.Recency.Bins(), is.Recency.Bins()},
		{"Frequency", m.Frequency.Bins(), is.Frequency.Bins()},
		{"Monetary", m.Monetary.Bins(), is.Monetary.Bins()},
	} {
		if s.was != s.is {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: field + "." + s.name + ".Bins", Value: strconv.Itoa(s.is),
				Reason: "the scores go up to " + strconv.Itoa(s.was) + " before and cannot be compared",
			}
		}
	}
	if len(is.Dimensions) != len(m.Dimensions) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: field + ".Dimensions", Value: strconv.Itoa(len(is.Dimensions)),
			Reason: "there are " + strconv.Itoa(len(m.Dimensions)) + " further dimensions before",
		}
	}
	for i := range m.Dimensions {
		was, now := &m.Dimensions[i], &is.Dimensions[i]
		if was.Name != now.Name || was.Bins() != now.Bins() {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: field + ".Dimensions", Row: i + 1, Value: now.Name,
				Reason: "this is " + strconv.Quote(was.Name) + " of " + strconv.Itoa(was.Bins()) + " scores before and cannot be compared",
			}
		}
	}
	if is.Currency != m.Currency {
		return within(field, mixedCurrency(0, is.Currency, m.Currency))
	}
	return nil
}

func changesText(changes []policyChange) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = c.text()
	}
	return strings.Join(texts, ", ")
}

func givenText[T int | decimal.Decimal](c Cut[T], text func(T) string) string {
	if c.OrEqual {
		return "at least " + text(c.Value) + over(c.Over)
	}
	return "more than " + text(c.Value) + over(c.Over)
}

func countText(n int) string { return strconv.Itoa(n) }

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// shortQuote keeps a host's long name from filling a message.
func shortQuote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
