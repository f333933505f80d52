// Package special holds the functions of a positive argument that gonum lacks,
// or has with fewer digits than a likelihood needs: digamma, trigamma, and the
// differences of log-gamma and its derivatives that a count model is made of.
//
// The differences are computed as such. Subtracting two values of log-gamma
// loses as many digits as the values have before the point: at 1e15 all.
//
// Sources: DLMF (dlmf.nist.gov) 5.5.2 (recurrence), 5.11.1, 5.11.2 and 5.15.8
// (asymptotic series in Bernoulli numbers), 5.12.1 (beta function).
package special
