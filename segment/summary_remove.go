package segment

import (
	"fmt"

	"github.com/keyaccount/keyaccount"
)

// Remove takes back one line that was added: the Summary is then, to the byte,
// what it would be had the line never come. It needs [SummaryOptions.Lines]
// ([ErrNotCollected]) and refuses, as a [*keyaccount.InputError] of kind
// [keyaccount.ErrMissing], a line that is not there: equal in account, order,
// product, category, instant, amount (1.0 is not 1.00) and in being a return.
// After an error the Summary is unchanged.
//
// It folds the account's other lines again; to take back many, give them to
// [Summary.RemoveAll].
func (s *Summary) Remove(tx keyaccount.Transaction) error {
	return s.RemoveAll([]keyaccount.Transaction{tx})
}

// RemoveAll takes back all of the lines, or none; see [Summary.Remove]. A line
// that cannot be used is named by its row in txs, one that is not there by its
// account.
func (s *Summary) RemoveAll(txs []keyaccount.Transaction) error {
	back := s.empty()
	for _, tx := range txs {
		if err := back.Add(tx); err != nil {
			return err
		}
	}
	return s.Subtract(back)
}

// Subtract is the inverse of [Summary.Merge]: it takes back all that other has
// seen. It refuses what Merge and [Summary.Remove] refuse, and then leaves
// both unchanged. What is left of the Summary's accounts without lines is
// nothing: they are gone.
func (s *Summary) Subtract(other *Summary) error {
	if err := s.fits(other); err != nil {
		return err
	}
	if !s.collect.lines {
		return fmt.Errorf("%w: taking lines back needs SummaryOptions.Lines", ErrNotCollected)
	}
	if len(other.accounts) == 0 {
		return nil
	}
	if len(s.accounts) > 0 && other.currency != s.currency {
		return mixedCurrency(0, other.currency, s.currency)
	}
	ids := other.ids()
	for _, id := range ids {
		mine := s.accounts[id]
		if mine == nil {
			return neverAdded(id, "the account has no lines")
		}
		for k, n := range other.accounts[id].more.ledger {
			if mine.more.ledger[k] < n {
				return neverAdded(id, "a line that is to be taken back was not added, or not as often")
			}
		}
	}
	for _, id := range ids {
		mine := s.accounts[id]
		left := mine.more.ledger
		for k, n := range other.accounts[id].more.ledger {
			if left[k] > n {
				left[k] -= n
			} else {
				delete(left, k)
			}
		}
		if len(left) == 0 {
			delete(s.accounts, id)
			continue
		}
		*mine = *mine.rebuilt(&s.collect, s.zone())
	}
	s.lastID, s.last = "", nil
	if len(s.accounts) == 0 {
		s.currency = ""
	}
	return nil
}

func neverAdded(account, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Account", Value: account, Reason: reason}
}
