package survey

import (
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// counts is what the answers of one account come to.
type counts struct {
	detractors, passives, promoters int
	missing, superseded             int
}

func (c counts) n() int { return c.detractors + c.passives + c.promoters }

func (c counts) shares() shares {
	return shares{float64(c.detractors), float64(c.passives), float64(c.promoters)}
}

func (c *counts) addScore(score, by int) {
	switch {
	case score >= leastPromote:
		c.promoters += by
	case score >= leastPassive:
		c.passives += by
	default:
		c.detractors += by
	}
}

func (c *counts) merge(o counts) {
	c.detractors += o.detractors
	c.passives += o.passives
	c.promoters += o.promoters
	c.missing += o.missing
	c.superseded += o.superseded
}

type contactKey struct{ account, contact string }

// given is the latest answer of a contact so far. rival is the row of another
// score at the same instant, 0 where there is none.
type given struct {
	score, rivalScore, rival int
	at                       time.Time
}

// tally counts the answers by account, the latest of each contact. The result
// does not depend on the order of the answers.
func tally(answers []Answer) (map[string]*counts, error) {
	byAccount := make(map[string]*counts)
	var latest map[contactKey]given
	rivals := false
	for i, a := range answers {
		if bad := a.check(); bad != nil {
			bad.Row = i + 1
			return nil, bad
		}
		c := byAccount[a.Account]
		if c == nil {
			c = new(counts)
			byAccount[a.Account] = c
		}
		if a.State != Answered {
			c.missing++
			continue
		}
		if a.Contact == "" {
			c.addScore(a.Score, 1)
			continue
		}
		key := contactKey{a.Account, a.Contact}
		before, again := latest[key]
		if again {
			c.superseded++
			switch a.Time.Compare(before.at) {
			case -1:
				continue
			case 0:
				if a.Score != before.score {
					// A later answer may still settle it.
					before.rivalScore, before.rival = a.Score, i+1
					latest[key] = before
					rivals = true
				}
				continue // else the same answer, delivered twice
			}
			c.addScore(before.score, -1)
		}
		if latest == nil {
			latest = make(map[contactKey]given)
		}
		latest[key] = given{score: a.Score, at: a.Time}
		c.addScore(a.Score, 1)
	}
	if rivals {
		if err := firstRival(latest); err != nil {
			return nil, err
		}
	}
	return byAccount, nil
}

// firstRival returns the first row that leaves open what a contact said last.
func firstRival(latest map[contactKey]given) error {
	var first *keyaccount.InputError
	for key, g := range latest {
		if g.rival == 0 || first != nil && first.Row < g.rival {
			continue
		}
		first = &keyaccount.InputError{
			Kind: keyaccount.ErrDuplicate, Field: "Contact", Row: g.rival, Value: key.contact,
			Reason: "scores " + strconv.Itoa(g.score) + " and " + strconv.Itoa(g.rivalScore) +
				" at the same instant; Time has to tell which is the latest",
		}
	}
	if first == nil {
		return nil // not a nil pointer in a non-nil error
	}
	return first
}

// pool adds the accounts up. heard is the number of accounts that answered;
// answers without an account stand for one each. repeated reports whether a
// named account gave more than one answer that counts.
func pool(byAccount map[string]*counts) (all counts, heard int, repeated bool) {
	for account, c := range byAccount {
		all.merge(*c)
		switch n := c.n(); {
		case account == "":
			heard += n
		case n > 0:
			heard++
			repeated = repeated || n > 1
		}
	}
	return all, heard, repeated
}
