@echo off
set "VERSION=2.5.1"
if "%1"=="new" goto new
set INDEX=https://download.pytorch.org/whl/cu121
goto install
:new
set VERSION=2.7.1
set INDEX=https://download.pytorch.org/whl/cu128
:install
call venv\Scripts\activate.bat
python.exe -m pip install ^
    torch==%VERSION% --index-url %INDEX%
if errorlevel 1 exit /b 1
