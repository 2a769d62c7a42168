using System.Net;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>What markupsafe does.</summary>
internal static class Html
{
    /// <summary>Markup of a string: itself where it is markup already.</summary>
    public static StringValue Escape(RenderState state, StringValue text) =>
        text.IsMarkup ? text : text.Map(state, Escape).AsMarkup();

    public static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);

    public static string StripTags(string text)
    {
        text = Cut(Cut(text, "<!--", "-->"), "<", ">");
        var words = text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
        return WebUtility.HtmlDecode(string.Join(' ', words));
    }

    private static string Cut(string text, string open, string close)
    {
        var result = new System.Text.StringBuilder();
        var position = 0;
        while (true)
        {
            var start = text.IndexOf(open, position, StringComparison.Ordinal);
            var end = start < 0 ? -1 : text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0)
            {
                return result.Append(text, position, text.Length - position).ToString();
            }
            result.Append(text, position, start - position);
            position = end + close.Length;
        }
    }
}
