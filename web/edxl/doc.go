// Package edxl reads and writes EDXL-RM 1.0, the messages by which offices of
// different places lend each other people and equipment, and its envelope
// EDXL-DE 1.0. It is a codec: bytes in, Go values out, and back. It knows no
// loan, no account and no database.
//
// # The sixteen messages
//
// The consumer (C) needs a resource, the supplier (S) has it. A thread is all
// messages with one OriginatingMessageID, the ID of its first message; each
// later one names by PrecedingMessageID what it follows. Every line of a message
// (ResourceInformation) has an ID, and an answer names the line it answers:
// accepted, declined or provisional.
//
//	     consumer                                      supplier
//	 1 RequestResource 请求资源 ────────────────────────▶
//	   ◀──────────────────────── ResponseToRequestResource 2
//	   ◀───────────────────────── OfferUnsolicitedResource 7   (begins a thread instead of 1)
//	11 RequestQuote 询价 ──────────────────────────────▶
//	   ◀─────────────────────────── ResponseToRequestQuote 12
//	 3 RequisitionResource 调用资源 ────────────────────▶
//	   ◀─────────────────────────────────── CommitResource 4
//	   ◀────────────────── ReportResourceDeploymentStatus 14   (departed, arrived …)
//	15 RequestExtendedDeploymentDuration ──────────────▶
//	   ◀────── ResponseToRequestExtendedDeploymentDuration 16
//	   ◀──────────────────────────────────── RequestReturn 9
//	10 ResponseToRequestReturn ────────────────────────▶
//	 8 ReleaseResource 释放资源 ────────────────────────▶
//	14 ReportResourceDeploymentStatus ─────────────────▶   ◀── also from the supplier
//
//	 5 RequestInformation              from either side, at any time
//	 6 ResponseToRequestInformation    answers 5
//	13 RequestResourceDeploymentStatus from either side, once committed; 14 answers it
//
// The order of the quote is free: with or without one, an order follows. A
// consumer may also order at once what it asked for, and a supplier may commit
// at once. [MayFollow] holds the whole table of what may follow what and who may
// write it, [MayStart] what begins a thread.
//
// # Which edge of a loan each belongs to
//
// A request line runs draft → submitted → approved → open → offered → ordered →
// committed → mobilising → in_transit → on_loan → releasing → returned → settled.
// The first three are the consumer's own affair, and so is the account at the
// end: no message tells of them.
//
//	RequestResource                    approved → open
//	ResponseToRequestResource          open → offered (Accept); Decline and Provisional leave it open
//	OfferUnsolicitedResource           opens a line that nobody asked for: → offered
//	RequestQuote, ResponseToRequestQuote
//	                                   approved → open where the question for the price comes first, else none
//	RequisitionResource                offered → ordered; open → ordered where it is ordered at once
//	CommitResource                     ordered → committed (Accept); ordered → open (Decline); open → committed at once
//	ReportResourceDeploymentStatus     committed → mobilising, mobilising → in_transit (ActualDeparture),
//	                                   in_transit → on_loan (ActualArrival), releasing → returned
//	                                   (ActualReturnDeparture, then ActualReturnArrival)
//	RequestResourceDeploymentStatus    none
//	RequestExtendedDeploymentDuration, ResponseToRequestExtendedDeploymentDuration
//	                                   none; on_loan goes on to another day
//	RequestReturn                      none; it asks for the next one
//	ResponseToRequestReturn            on_loan → releasing (Accept)
//	ReleaseResource                    on_loan → releasing
//	RequestInformation, ResponseToRequestInformation
//	                                   none
//	MessageRecall, Cancel              any state before on_loan → cancelled; Update changes the line and moves nothing
//
// returned → settled has no message.
//
// # Reading
//
// [Decode] and [DecodeDistribution] take what the schemas take, and less: what
// the standard asks for in words (one of ResourceID, Name and TypeStructure; a
// reason with Provisional), a zone with every time, texts where a text is
// required, numbers that are numbers, coordinates on the earth, WGS-84 only. A
// refusal is an [*Error] with the path of the element at fault. There is no
// document type and so no entity; only UTF-8; nothing is fetched, and where a
// document says that its schema lies is not even kept. The bounds are [MaxBytes],
// [MaxDepth], [MaxElements], [MaxAttrs] and [MaxList].
//
// Two things are read that the standard tells senders not to write: the zone Z,
// and texts that are empty where they may be absent.
//
// # Writing
//
// Equal values give equal bytes: prefixes, their order and the form of times and
// numbers are fixed. What cannot be read is not written: [Message.Encode] and
// [Distribution.Encode] check what Decode checks and answer with the same errors.
//
// # How it is made
//
// The Go types are the schema: their fields stand in the order of the sequence
// and their tags name the elements (plan.go). What differs between the sixteen
// kinds are two tables (kind.go). Reader and writer know neither a message nor
// an envelope.
package edxl
