package clv

import "errors"

// futures are the models under each draw of the parameters of their fits.
// Models that share a fit share its draws, and so do all accounts of a
// portfolio. Once drawn they are only read.
type futures struct {
	e           *Economics
	orderFlows  map[*Diagnostics][]OrderFlow
	spendModels map[*Diagnostics][]Spend
	renewals    map[*Diagnostics][]ContractModel
}

func newFutures(e *Economics) *futures {
	return &futures{
		e: e, orderFlows: make(map[*Diagnostics][]OrderFlow), spendModels: make(map[*Diagnostics][]Spend),
		renewals: make(map[*Diagnostics][]ContractModel),
	}
}

// add draws for the fits of an account that are not drawn yet.
func (f *futures) add(a *Account) error {
	var errs []error
	if a.Orders != nil {
		if fit, ok := a.Orders.Flow.(Fitted); ok {
			errs = append(errs, drawModels(f.e, f.orderFlows, fit.Report(), fit.at))
		}
		if fit, ok := a.Orders.Spend.(FittedSpend); ok {
			errs = append(errs, drawModels(f.e, f.spendModels, fit.Report(), func(at []float64) Spend { return fit.at(at) }))
		}
	}
	for i := range a.Contracts {
		if fit, ok := a.Contracts[i].Model.(FittedContract); ok {
			errs = append(errs, drawModels(f.e, f.renewals, fit.Report(), fit.at))
		}
	}
	return errors.Join(errs...)
}

func drawModels[M any](e *Economics, drawn map[*Diagnostics][]M, d *Diagnostics, at func([]float64) M) error {
	if drawn[d] != nil {
		return nil
	}
	coordinates, err := d.draws(e.draws(), stream(e.Seed, "parameters", d.Data))
	if err != nil {
		return err
	}
	models := make([]M, len(coordinates))
	for i, c := range coordinates {
		models[i] = at(c)
	}
	drawn[d] = models
	return nil
}

// flows returns the model under each draw; itself alone, where it is no fit.
func (f *futures) flows(m OrderFlow) []OrderFlow {
	if fit, ok := m.(Fitted); ok {
		return f.orderFlows[fit.Report()]
	}
	return []OrderFlow{m}
}

func (f *futures) spends(m Spend) []Spend {
	if fit, ok := m.(FittedSpend); ok {
		return f.spendModels[fit.Report()]
	}
	return []Spend{m}
}

func (f *futures) contracts(m ContractModel) []ContractModel {
	if fit, ok := m.(FittedContract); ok {
		return f.renewals[fit.Report()]
	}
	return []ContractModel{m}
}

// known reports whether some model of the account is taken to be certain.
func (a *Account) known() bool {
	if a.Orders != nil {
		_, flow := a.Orders.Flow.(Fitted)
		_, spend := a.Orders.Spend.(FittedSpend)
		if !flow || !spend {
			return true
		}
	}
	for i := range a.Contracts {
		if _, ok := a.Contracts[i].Model.(FittedContract); !ok {
			return true
		}
	}
	return false
}
