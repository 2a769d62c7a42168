# syntax=docker/dockerfile:1
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Warnings are errors, and which rules hold is said in .editorconfig.
COPY .editorconfig ./
COPY src/ src/
RUN dotnet publish src/Gateway -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN mkdir /data && chown $APP_UID /data
WORKDIR /app
COPY --from=build /app ./
# All that is written stands in /data, so the root file system may be read-only: docker run --read-only -v gateway:/data ...
ENV GATEWAY_DATA_DIR=/data \
    GATEWAY_ADMIN_URL=http://*:8081 \
    DOTNET_EnableDiagnostics=0
VOLUME /data
EXPOSE 8080 8081
USER $APP_UID
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s CMD ["dotnet", "gateway.dll", "health", "http://127.0.0.1:8080"]
ENTRYPOINT ["dotnet", "gateway.dll"]
