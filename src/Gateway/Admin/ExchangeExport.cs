using System.Text;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.Stores;

namespace Gateway.Admin;

/// <summary>Lines of the ledger, however many, as JSON lines or CSV: read page by page as the client takes them.</summary>
internal sealed class ExchangeExport(ExchangeReport report, ExchangeRequest request, PageCursor? after, int? limit, bool isCsv) : IResult
{
    private const int LinesPerPage = 1_000;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (cancelled, left, before) = (httpContext.RequestAborted, limit ?? int.MaxValue, after);
        var text = new StringBuilder();
        if (isCsv)
        {
            ExchangeJson.AppendHead(text);
        }

        while (true)
        {
            // Before the answer begins, so that a store that is down is still told as that.
            var size = Math.Min(left, LinesPerPage);
            var lines = await report.ReadAsync(request, before, size, cancelled);
            if (!httpContext.Response.HasStarted)
            {
                httpContext.Response.ContentType = isCsv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8";
            }

            foreach (var line in lines)
            {
                Append(text, line);
            }

            await httpContext.Response.WriteAsync(text.ToString(), cancelled);
            text.Clear();
            left -= lines.Count;
            if (lines.Count < size || left == 0)
            {
                return;
            }

            before = lines[^1].ToCursor();
        }
    }

    private void Append(StringBuilder text, ExchangeJson line)
    {
        if (isCsv)
        {
            line.AppendTo(text);
        }
        else
        {
            text.Append(JsonSerializer.Serialize(line, AdminJson.Options)).Append('\n');
        }
    }
}
