package segment

import (
	"errors"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// MigrationMatrix counts who went from which class to which. For every class
// i, Before[i] is the sum of row i plus Left[i], and After[i] that of column i
// plus Entered[i].
type MigrationMatrix struct {
	// Labels name the rows and the columns, from the worst class to the best.
	Labels []string `json:"labels"`
	// Counts[i][j] accounts were in Labels[i] before and are in Labels[j] after.
	Counts [][]int `json:"counts"`
	// Shares[i][j] is Counts[i][j] over Before[i]. What a row lacks of 1 is the
	// share of those who left; the row of a class that nobody was in is 0.
	Shares [][]float64 `json:"shares"`
	// Before and After are all who were and are in the class.
	Before []int `json:"before"`
	After  []int `json:"after"`
	// Entered had no class before, Left have none after.
	Entered []int `json:"entered"`
	Left    []int `json:"left"`
	// Stayed have a class on both dates: the same, a better, or a worse one.
	Stayed int `json:"stayed"`
	Same   int `json:"same"`
	Up     int `json:"up"`
	Down   int `json:"down"`
	// PSI compares Before to After with the default options; where it is nil,
	// NoPSI says why.
	PSI   *PSIResult `json:"psi,omitempty"`
	NoPSI string     `json:"no_psi,omitempty"`
}

// Compare returns the [PSI] of Before and After under the options given; nil
// means the defaults.
func (m *MigrationMatrix) Compare(opts *PSIOptions) (*PSIResult, error) {
	return PSI(m.Before, m.After, opts)
}

// Labelled is an account's class on a date: a segment, a tier, an ABC class.
type Labelled struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// LabelMigration is what became of the accounts' classes between two dates.
type LabelMigration struct {
	Matrix MigrationMatrix `json:"matrix"`
	// Moves are the accounts whose class is not what it was, sorted by ID.
	Moves []LabelMove `json:"moves"`
}

// LabelMove is one account whose class is not what it was.
type LabelMove struct {
	ID string `json:"id"`
	// From is empty for an account that entered, To for one that left.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Steps is how many classes up, or down where it is negative; 0 where the
	// account entered or left.
	Steps int `json:"steps"`
}

// MigrateLabels tells who went from which class to which. The order names the
// classes from the worst to the best; for classes without a rank give any, and
// leave Up, Down and Steps aside. An account that stands in one list only
// entered or left.
//
// It refuses, as a [*keyaccount.InputError] whose Field names the argument: an
// order that is empty, has more than 1000 classes, an empty one or one twice; a
// missing ID; an ID twice in one list ([keyaccount.ErrDuplicate]); a class that
// the order does not name ([keyaccount.ErrOutOfRange]); two empty lists.
func MigrateLabels(order []string, before, after []Labelled) (*LabelMigration, error) {
	rank, err := rankLabels(order)
	if err != nil {
		return nil, err
	}
	if len(before) == 0 && len(after) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "before", Reason: "there is no account on either date"}
	}
	was, errBefore := labelledByID("before", before, rank)
	is, errAfter := labelledByID("after", after, rank)
	if err := errors.Join(errBefore, errAfter); err != nil {
		return nil, err
	}
	out := &LabelMigration{}
	var moves chunks[LabelMove]
	t := newMoveTally(len(order))
	join(was, is, func(a, b *Labelled) {
		move, from, to := LabelMove{}, 0, 0
		if a != nil {
			move.ID, move.From, from = a.ID, a.Label, rank[a.Label]
		}
		if b != nil {
			move.ID, move.To, to = b.ID, b.Label, rank[b.Label]
		}
		t.add(from, to)
		if from == to {
			return
		}
		if from > 0 && to > 0 {
			move.Steps = to - from
		}
		moves.add(move)
	})
	out.Moves = moves.list()
	out.Matrix = t.matrix(append([]string(nil), order...))
	return out, nil
}

// rankLabels numbers the classes from 1.
func rankLabels(order []string) (map[string]int, error) {
	fault := func(kind error, row int, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: "order", Row: row, Value: value, Reason: reason}
	}
	if len(order) == 0 {
		return nil, fault(keyaccount.ErrMissing, 0, "", "there is no class")
	}
	if len(order) > maxPSIBins {
		return nil, fault(keyaccount.ErrOutOfRange, 0, strconv.Itoa(len(order)),
			"there can be at most "+strconv.Itoa(maxPSIBins)+" classes")
	}
	rank := make(map[string]int, len(order))
	for i, class := range order {
		if class == "" {
			return nil, fault(keyaccount.ErrMissing, i+1, "", "a class needs a name")
		}
		if _, twice := rank[class]; twice {
			return nil, fault(keyaccount.ErrDuplicate, i+1, class, "the class stands twice")
		}
		rank[class] = i + 1
	}
	return rank, nil
}

func labelledByID(side string, list []Labelled, rank map[string]int) (byID[Labelled], error) {
	fault := func(kind error, field string, i int, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: side + "." + field, Row: i + 1, Value: value, Reason: reason}
	}
	b := newByID(list, func(l *Labelled) string { return l.ID })
	for i := range list {
		if list[i].ID == "" {
			return b, fault(keyaccount.ErrMissing, "ID", i, "", "an account needs an ID")
		}
		if rank[list[i].Label] == 0 {
			return b, fault(keyaccount.ErrOutOfRange, "Label", i, list[i].Label, "the order of the classes does not name this one")
		}
	}
	if i := b.duplicate(); i >= 0 {
		return b, fault(keyaccount.ErrDuplicate, "ID", i, list[i].ID, "the account stands twice")
	}
	return b, nil
}

// moveTally counts pairs of ranks from 0 to n, 0 being no class.
type moveTally struct {
	n     int
	cells []int
}

func newMoveTally(n int) *moveTally { return &moveTally{n: n, cells: make([]int, (n+1)*(n+1))} }

func (t *moveTally) add(from, to int) { t.cells[from*(t.n+1)+to]++ }

func (t *moveTally) matrix(labels []string) MigrationMatrix {
	ints := func() []int { return make([]int, t.n) }
	m := MigrationMatrix{Labels: labels, Before: ints(), After: ints(), Entered: ints(), Left: ints()}
	copy(m.Entered, t.cells[1:t.n+1])
	copy(m.After, m.Entered)
	for i := range t.n {
		row := t.cells[(i+1)*(t.n+1):][:t.n+1]
		m.Left[i], m.Before[i] = row[0], row[0]
		m.Counts = append(m.Counts, append(ints()[:0], row[1:]...))
		for j, c := range row[1:] {
			m.Before[i] += c
			m.After[j] += c
			m.Stayed += c
			switch {
			case j == i:
				m.Same += c
			case j > i:
				m.Up += c
			default:
				m.Down += c
			}
		}
		shares := make([]float64, t.n)
		if m.Before[i] > 0 {
			for j, c := range row[1:] {
				shares[j] = float64(c) / float64(m.Before[i])
			}
		}
		m.Shares = append(m.Shares, shares)
	}
	var err error
	if m.PSI, err = m.Compare(nil); err != nil {
		m.NoPSI = err.Error()
	}
	return m
}
