using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>Makes lines of exchanges: opens one before the exchange leaves, closes it at settlement.</summary>
internal sealed class LedgerKeeper(LedgerWriter writer, TimeProvider time)
{
    /// <summary>Opens the line of an exchange, as durably as its class of data asks for.</summary>
    /// <returns>Whether the exchange may go on.</returns>
    public Task<bool> OpenAsync(HttpContext context, Exchange exchange)
    {
        var ledger = exchange.Caller.Gateway.Ledger;
        var line = new LedgerLine(OpeningOf(context, exchange));
        if (ledger.IsDurable(exchange.DataClass))
        {
            if (writer.TryAdd(line, ledger.Buffer, out var committed))
            {
                // Not to be taken back when it fails: the store may have it, and closing it settles that.
                exchange.Line = line;
                return committed.WaitAsync(context.RequestAborted);
            }
        }
        else if (writer.TryAdd(line, ledger.Buffer))
        {
            exchange.Line = line;
            return Task.FromResult(true);
        }

        return Task.FromResult(false);
    }

    /// <summary>Closes the line of an exchange that has ended; one that was refused before its line was opened gets one now.</summary>
    public void Close(HttpContext context, Exchange exchange, ExchangeOutcome outcome, int status)
    {
        var closing = ClosingOf(exchange, outcome, status);
        if (exchange.Line is { } line)
        {
            line.Closing = closing;
            writer.Update(line);
        }
        else
        {
            // While the store is down refusals must not take the room of requests that can still be served.
            writer.TryAdd(new LedgerLine(OpeningOf(context, exchange)) { Closing = closing }, exchange.Caller.Gateway.Ledger.Buffer / 2);
        }
    }

    private static LedgerOpening OpeningOf(HttpContext context, Exchange exchange) => new(
        exchange.Id,
        RequestIds.TryGetTime(exchange.Id, out var openedAt) ? openedAt : throw new InvalidOperationException("The request has no id of ours."),
        exchange.Caller.Tenant.Name,
        exchange.Caller.KeyId,
        exchange.Endpoint.RouteId,
        exchange.DataClass.Name,
        TraceContext.TraceIdOf(context.Request.Headers),
        exchange.Model?.Name)
    {
        Reserved = exchange.Reservation?.Record,
        Decision = exchange.Residency?.Id,
        Policy = exchange.Residency?.Policy.Hash,
        Candidates = exchange.Residency?.Candidates,
        Findings = exchange.Screening?.Findings.ToString(),
    };

    private LedgerClosing ClosingOf(Exchange exchange, ExchangeOutcome outcome, int status)
    {
        var price = exchange.Deployment?.Price;
        return new(
            time.GetUtcNow(),
            OutcomeWords.Of(outcome),
            exchange.Failure?.Code,
            status,
            exchange.Deployment?.Name,
            exchange.Usage,
            exchange.CostNano,
            price?.Currency,
            time.GetElapsedTime(exchange.StartedAt),
            exchange.FirstTokenAt == 0 ? null : time.GetElapsedTime(exchange.StartedAt, exchange.FirstTokenAt))
        {
            Drawn = exchange.Reservation?.Drawn,
            Country = exchange.Deployment?.Placement.Countries,
            Redacted = exchange.Redacted?.ToString(),
            AnswerFindings = exchange.AnswerScreen?.Findings.ToString(),
        };
    }
}
