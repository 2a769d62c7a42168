using System.Data.Common;

namespace Gateway.Stores;

/// <summary>What ADO.NET needs several lines for.</summary>
internal static class StoreCommands
{
    /// <summary>Seconds that a report may take: one that filters by what has no index looks at all lines of its time.</summary>
    public const int ReportTimeout = 60;

    /// <summary>A command with its parameters; a value of null is the database's NULL.</summary>
    public static DbCommand CreateCommand(this DbConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // What users say goes into parameters only; callers have constants here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
