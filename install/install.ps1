# Installs vers for this user, or puts another release in its place:
#
#   irm https://github.com/vers-cli/vers/releases/latest/download/install.ps1 | iex
#
# The environment may say more:
#
#   VERS_VERSION       the release to install, as in 0.1.0; else the latest
#   VERS_INSTALL_DIR   the folder to install to; else ~\.local\bin
#   VERS_RELEASES_URL  where the releases are; https://, or http:// to this machine
#
# It asks nothing, needs no other rights than to write that folder, and changes
# nothing there before the checksum of what it downloaded was verified.
# It runs on Windows PowerShell 5.1 and on PowerShell 7.

function Install-Vers {
  $ErrorActionPreference = 'Stop'
  # A progress bar makes a download many times slower.
  $ProgressPreference = 'SilentlyContinue'
  [Net.ServicePointManager]::SecurityProtocol =
    [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  $releases = Get-ReleasesUrl
  $target = Get-Target
  $folder = Get-Folder
  $release = Get-Release $releases $target
  $version = $release.Version
  $program = "vers-$target.exe"
  $path = Join-Path $folder 'vers.exe'

  $wanted = $release.Checksums[$program]
  if (-not $wanted) {
    Stop-Install "Cannot install vers ${version}: its SHA256SUMS lacks $program" "look at $releases"
  }
  if ((Test-Path -LiteralPath $path -PathType Leaf) -and ((Get-Sha256 $path) -eq $wanted)) {
    Write-Output "vers $version is installed already: $path"
    Write-PathHint $folder
    return
  }

  $work = New-WorkFolder $folder
  try {
    [Console]::Error.WriteLine("downloading vers $version for $target")
    $packed = Join-Path $work 'vers.gz'
    $unpacked = Join-Path $work 'vers.exe'
    Get-Download "$releases/download/v$version/$program.gz" $packed
    Assert-Checksum $release "$program.gz" $packed
    Expand-Gzip $packed $unpacked
    Assert-Checksum $release $program $unpacked
    Assert-Runs $unpacked $version
    Move-IntoPlace $unpacked $path
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
  }
  Write-Output "vers $version is installed: $path"
  Write-PathHint $folder
}

# Ends the installation with a message and a hint.
function Stop-Install([string] $Message, [string] $Hint) {
  throw "error: $Message`nhint: $Hint"
}

# Lets nothing be fetched that could be changed on the way.
function Get-ReleasesUrl {
  $url = 'https://github.com/vers-cli/vers/releases'
  if ($env:VERS_RELEASES_URL) { $url = $env:VERS_RELEASES_URL.TrimEnd('/') }
  if ($url -notmatch '[@\s]' -and
    $url -cmatch '^(https://.|http://(127\.0\.0\.1|localhost|\[::1\])[:/])') {
    return $url
  }
  Stop-Install 'Cannot use VERS_RELEASES_URL: it is not an https:// URL' `
    'http:// is taken for this machine alone; leave it unset for the default'
}

# The name that releases have for this platform.
function Get-Target {
  if ($env:OS -ne 'Windows_NT' -and -not $env:SystemRoot) {
    Stop-Install 'Cannot install with this script: it is for Windows' `
      'on Linux and macOS: sh install.sh'
  }
  # A 32-bit shell on a 64-bit system has the system's own here.
  $cpu = $env:PROCESSOR_ARCHITEW6432
  if (-not $cpu) { $cpu = $env:PROCESSOR_ARCHITECTURE }
  switch ($cpu) {
    'AMD64' { return 'x86_64-pc-windows-msvc' }
    'ARM64' { return 'aarch64-pc-windows-msvc' }
  }
  Stop-Install "Cannot install on Windows ${cpu}: there is no vers for it" `
    'there is for AMD64 and ARM64; elsewhere, run vers.js of the release by Deno: deno run -A vers.js help'
}

function Get-Folder {
  $folder = $env:VERS_INSTALL_DIR
  if (-not $folder) {
    if (-not $env:USERPROFILE) {
      Stop-Install 'Cannot install: USERPROFILE is not set' `
        'name a folder: $env:VERS_INSTALL_DIR = "C:\bin"'
    }
    $folder = Join-Path (Join-Path $env:USERPROFILE '.local') 'bin'
  }
  return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($folder)
}

# The release that was asked for: its version, and the checksum of each file.
function Get-Release([string] $Releases, [string] $Target) {
  $pinned = "$env:VERS_VERSION" -replace '^v', ''
  if ($pinned -and $pinned -notmatch '^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$') {
    Stop-Install "Cannot use VERS_VERSION: `"$pinned`" is not a version" `
      'name one as in 0.1.0, or none for the latest'
  }
  $from = "$Releases/latest/download"
  if ($pinned) { $from = "$Releases/download/v$pinned" }

  $file = [IO.Path]::GetTempFileName()
  try {
    Get-Download "$from/SHA256SUMS" $file
    $lines = [IO.File]::ReadAllLines($file)
  } finally {
    Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue
  }
  $checksums = @{}
  $version = ''
  foreach ($line in $lines) {
    if ($line -cnotmatch '^([0-9a-f]{64}) [ *]([\w.+-]+)$') { continue }
    $checksums[$Matches[2]] = $Matches[1]
    if ($Matches[2] -cmatch "^vers-([0-9].*)-$Target\.zip$") { $version = $Matches[1] }
  }
  if (-not $version) {
    Stop-Install "Cannot find vers for $Target at $from" "look at $Releases"
  }
  if ($pinned -and $pinned -ne $version) {
    Stop-Install "Cannot install vers ${pinned}: what is there is $version" "look at $Releases"
  }
  return @{ Version = $version; Checksums = $checksums }
}

function Get-Download([string] $Url, [string] $File) {
  try {
    Invoke-WebRequest -UseBasicParsing -Uri $Url -OutFile $File -TimeoutSec 900
  } catch {
    Stop-Install "Cannot download ${Url}: $($_.Exception.Message)" `
      'nothing was changed; check the network and VERS_VERSION, then run this again'
  }
}

function Get-Sha256([string] $File) {
  $sha256 = [Security.Cryptography.SHA256]::Create()
  $stream = [IO.File]::OpenRead($File)
  try {
    return [BitConverter]::ToString($sha256.ComputeHash($stream)).Replace('-', '').ToLowerInvariant()
  } finally {
    $stream.Dispose()
    $sha256.Dispose()
  }
}

# Ends the installation when a file is not what was released.
function Assert-Checksum($Release, [string] $Name, [string] $File) {
  $expected = $Release.Checksums[$Name]
  if (-not $expected) { $expected = 'nothing' }
  $actual = Get-Sha256 $File
  if ($actual -ceq $expected) { return }
  Stop-Install "Cannot use ${Name}: its SHA-256 is $actual, and SHA256SUMS says $expected" `
    'nothing was installed; run this again, and report it if it stays so'
}

function Expand-Gzip([string] $From, [string] $To) {
  $source = [IO.File]::OpenRead($From)
  try {
    $gzip = New-Object IO.Compression.GZipStream $source, ([IO.Compression.CompressionMode]::Decompress)
    $destination = [IO.File]::Create($To)
    try { $gzip.CopyTo($destination) } finally { $destination.Dispose() }
  } finally {
    $source.Dispose()
  }
}

# A folder on the same disk as the one to install to.
function New-WorkFolder([string] $Folder) {
  try {
    $null = New-Item -ItemType Directory -Force -Path $Folder
    $work = Join-Path $Folder ".vers-install.$PID"
    $null = New-Item -ItemType Directory -Path $work
    return $work
  } catch {
    Stop-Install "Cannot install to `"$Folder`": it cannot be written" `
      'name another folder: $env:VERS_INSTALL_DIR = "C:\bin"'
  }
}

# Ends the installation when the program does not run here.
function Assert-Runs([string] $File, [string] $Version) {
  $why = ''
  try {
    # What a program writes to stderr is no error of this script's.
    $ErrorActionPreference = 'Continue'
    $null = & $File --version 2>&1
    if ($LASTEXITCODE -ne 0) { $why = "exit $LASTEXITCODE" }
  } catch {
    $why = $_.Exception.Message
  } finally {
    $ErrorActionPreference = 'Stop'
  }
  if ($why) {
    Stop-Install "Cannot install: vers $Version does not run here ($why)" 'nothing was installed'
  }
}

# A program that runs can be renamed, but not replaced.
function Move-IntoPlace([string] $From, [string] $To) {
  $aside = "$To.old"
  try {
    if (-not (Test-Path -LiteralPath $To)) {
      Move-Item -LiteralPath $From -Destination $To
      return
    }
    Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
    Move-Item -LiteralPath $To -Destination $aside -Force
    try {
      Move-Item -LiteralPath $From -Destination $To
    } catch {
      Move-Item -LiteralPath $aside -Destination $To
      throw
    }
    # One that runs can be removed the next time.
    Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
  } catch {
    Stop-Install "Cannot put the new program at `"$To`": $($_.Exception.Message)" `
      'the old one is still there; end what runs it, then run this again'
  }
}

function Write-PathHint([string] $Folder) {
  if (($env:PATH -split ';') -contains $Folder) { return }
  Write-Output "to find it by its name: `$env:PATH = `"$Folder;`$env:PATH`""
}

try {
  Install-Vers
} catch {
  $said = $_.Exception.Message
  if ($said -notmatch '^error: ') {
    $said = "error: Cannot install: $said`nhint: nothing was installed; please report it"
  }
  [Console]::Error.WriteLine($said)
  # A shell that was piped into stays open; a script that was run ends.
  if ($PSCommandPath) { exit 1 }
}
