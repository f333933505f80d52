package segment

import (
	"errors"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Migration is what became of the accounts between two dates on one frozen
// [Model]: nobody moves in it because others did.
type Migration struct {
	// Model is the as-of of the model, Before and After those of the accounts;
	// zero for a side without accounts.
	Model  time.Time `json:"model"`
	Before time.Time `json:"before,omitzero"`
	After  time.Time `json:"after,omitzero"`

	// Every account of the two lists is in exactly one of these. Stayed have a
	// score on both dates; Moved of them changed it on some scale.
	Stayed int `json:"stayed"`
	Moved  int `json:"moved"`
	// Entered were not listed before; Started were, but had no orders.
	Entered int `json:"entered"`
	Started int `json:"started"`
	// Left are not listed any more; Stopped are, but without orders.
	Left    int `json:"left"`
	Stopped int `json:"stopped"`
	// Unscored have orders on neither date.
	Unscored int `json:"unscored"`

	// R, F and M hold the accounts with a score: there, who Started counts as
	// entered, and who Stopped as left.
	R MigrationMatrix `json:"r"`
	F MigrationMatrix `json:"f"`
	M MigrationMatrix `json:"m"`
	// Dimensions hold the accounts with a score on the model's further ones, in
	// its order. Whose figure was not known before counts as entered there, and
	// whose figure is not known after as left.
	Dimensions []DimensionMigration `json:"dimensions,omitempty"`
	// Moves are the accounts whose score is not what it was, sorted by ID.
	Moves []Move `json:"moves"`
}

// DimensionMigration is the matrix of one further dimension.
type DimensionMigration struct {
	Name string `json:"name"`
	MigrationMatrix
}

// MoveKind says what happened to an account between two dates.
type MoveKind string

// The kinds of [Move]; see the fields of the same name in [Migration].
const (
	MoveScore   MoveKind = "moved"
	MoveEntered MoveKind = "entered"
	MoveStarted MoveKind = "started"
	MoveLeft    MoveKind = "left"
	MoveStopped MoveKind = "stopped"
)

// Label names the kind for people, in Chinese where lang is "zh" or a tag of
// it, else in English.
func (k MoveKind) Label(lang string) string {
	switch k {
	case MoveScore:
		return label.Pick(lang, "moved", "变动")
	case MoveEntered:
		return label.Pick(lang, "new", "新增")
	case MoveStarted:
		return label.Pick(lang, "first orders", "开始下单")
	case MoveLeft:
		return label.Pick(lang, "gone", "退出")
	case MoveStopped:
		return label.Pick(lang, "no more orders", "停止下单")
	}
	return string(k)
}

// Move is one account whose score is not what it was. [ExplainMove] puts it
// into words.
type Move struct {
	ID   string   `json:"id"`
	Kind MoveKind `json:"kind"`
	// From and To are the scores; the zero Score where there is none.
	From Score `json:"from"`
	To   Score `json:"to"`
	// Change is To less From on each scale, for an account with both; else 0.
	// So it is on a further dimension where one of the two figures is not known.
	Change ScoreChange `json:"change"`
	// Before and After are the figures behind the scores; zero on a date on
	// which the account is not listed.
	Before Figures `json:"before"`
	After  Figures `json:"after"`
}

// ScoreChange is a difference of scores on each scale.
type ScoreChange struct {
	R int `json:"r"`
	F int `json:"f"`
	M int `json:"m"`
	// Dimensions are in the order of the Model's.
	Dimensions DimensionScores `json:"dimensions,omitzero"`
}

// change is the difference where there is a score on both sides.
func change(from, to Score) ScoreChange {
	c := ScoreChange{R: to.R - from.R, F: to.F - from.F, M: to.M - from.M}
	for i, was := range from.Dimensions {
		if is := to.Dimensions[i]; was > 0 && is > 0 {
			c.Dimensions[i] = is - was
		}
	}
	return c
}

// Migrate scores the accounts of two dates with one model and tells who went
// where. The two lists may have different members, each in any order, and one
// of them may be empty; the two dates may be the same. Split the change into
// its causes with [SplitCauses].
//
// Each matrix carries the PSI of the scores with the default [PSIOptions], or
// the reason why there is none; [MigrationMatrix.Compare] gives it under
// another policy. The population of a date is all its accounts with a score.
//
// Migrate refuses, as a [*keyaccount.InputError] whose Field begins with
// "before." or "after.": what [FitRFM] refuses in accounts, an after that lies
// before the before ([keyaccount.ErrOutOfRange]), and accounts in another
// currency than the model's ([keyaccount.ErrMixedCurrency]). It refuses two
// empty lists, no model ([keyaccount.ErrMissing]) and one that does not
// [Model.Validate].
func Migrate(model *Model, before, after []Account) (*Migration, error) {
	if err := checkModel("model", model); err != nil {
		return nil, err
	}
	if err := checkDates(before, after, model); err != nil {
		return nil, err
	}
	out := &Migration{Model: model.AsOf, Before: asOfAll(before), After: asOfAll(after)}
	r, f, m := newMoveTally(model.Bins), newMoveTally(model.Bins), newMoveTally(model.Bins)
	further := make([]*moveTally, len(model.Dimensions))
	for i := range further {
		further[i] = newMoveTally(model.Dimensions[i].Bins())
	}
	var moves chunks[Move]
	joinAccounts(before, after, func(was, is *Account) {
		move := Move{}
		if was != nil {
			move.ID, move.From = was.ID, model.Score(*was)
		}
		if is != nil {
			move.ID, move.To = is.ID, model.Score(*is)
		}
		r.add(move.From.R, move.To.R)
		f.add(move.From.F, move.To.F)
		m.add(move.From.M, move.To.M)
		for i, t := range further {
			t.add(int(move.From.Dimensions[i]), int(move.To.Dimensions[i]))
		}
		move.Kind = out.count(was != nil, is != nil, move.From, move.To)
		if move.Kind == "" {
			return
		}
		if move.Kind == MoveScore {
			move.Change = change(move.From, move.To)
		}
		move.Before, move.After = model.figures(was), model.figures(is)
		moves.add(move)
	})
	out.Moves = moves.list()
	labels := scoreLabels(model.Bins)
	out.R, out.F, out.M = r.matrix(labels), f.matrix(labels), m.matrix(labels)
	for i, t := range further {
		d := &model.Dimensions[i]
		out.Dimensions = append(out.Dimensions, DimensionMigration{d.Name, t.matrix(scoreLabels(d.Bins()))})
	}
	return out, nil
}

func scoreLabels(bins int) []string {
	labels := make([]string, bins)
	for i := range labels {
		labels[i] = strconv.Itoa(i + 1)
	}
	return labels
}

// count puts an account into its one class and returns the kind of its move,
// empty where it did not move.
func (m *Migration) count(listedBefore, listedAfter bool, from, to Score) MoveKind {
	scoredBefore, scoredAfter := from.R > 0, to.R > 0
	switch {
	case scoredBefore && scoredAfter:
		m.Stayed++
		if sameScores(from, to) {
			return ""
		}
		m.Moved++
		return MoveScore
	case scoredAfter && listedBefore:
		m.Started++
		return MoveStarted
	case scoredAfter:
		m.Entered++
		return MoveEntered
	case scoredBefore && listedAfter:
		m.Stopped++
		return MoveStopped
	case scoredBefore:
		m.Left++
		return MoveLeft
	}
	m.Unscored++
	return ""
}

func sameScores(a, b Score) bool { return a.cell() == b.cell() }

func checkModel(field string, m *Model) error {
	if m == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: "there is no model to score with"}
	}
	return within(field, m.Validate())
}

// checkDates refuses two lists that no two dates of the same accounts can be.
func checkDates(before, after []Account, m *Model) error {
	if len(before) == 0 && len(after) == 0 {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "before", Reason: "there is no account on either date"}
	}
	if err := checkDate("before", before, m); err != nil {
		return err
	}
	if err := checkDate("after", after, m); err != nil {
		return err
	}
	if len(before) > 0 && len(after) > 0 && after[0].AsOf.Before(before[0].AsOf) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "after.AsOf", Row: 1, Value: stamp(after[0].AsOf),
			Reason: "the accounts before stand as of " + stamp(before[0].AsOf) + ", which is later; give the earlier ones first",
		}
	}
	return nil
}

// checkDate refuses accounts that the model cannot score, on one date.
func checkDate(side string, accounts []Account, m *Model) error {
	if len(accounts) == 0 {
		return nil
	}
	if err := checkAccounts(accounts); err != nil {
		return within(side, err)
	}
	for i := range accounts {
		if err := accounts[i].checkRFM(i+1, accounts[0].AsOf); err != nil {
			return within(side, err)
		}
		for j := range m.Dimensions {
			if err := accounts[i].checkFigure(i+1, m.Dimensions[j].Name); err != nil {
				return within(side, err)
			}
		}
	}
	if accounts[0].Currency != m.Currency {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMixedCurrency, Field: side + ".Currency", Row: 1, Value: accounts[0].Currency,
			Reason: "the cuts of the model are in " + strconv.Quote(m.Currency) + "; convert the amounts first",
		}
	}
	return nil
}

// within names the argument in which a fault stands.
func within(argument string, err error) error {
	var in *keyaccount.InputError
	if !errors.As(err, &in) {
		return err
	}
	named := *in
	named.Field = argument + "." + in.Field
	return &named
}

func asOfAll(accounts []Account) time.Time {
	if len(accounts) == 0 {
		return time.Time{}
	}
	return accounts[0].AsOf
}
