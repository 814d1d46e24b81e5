Attribute VB_Name = "xlseg_ribbon"
Option Explicit

' The button Refresh Segments on the ribbon (customUI.xml).
Public Sub OnRefreshSegments(control As IRibbonControl)
    RefreshSegments
End Sub

' The same for the macro list (Alt+F8) and for buttons of your own.
Public Sub RefreshSegments()
    If ThisWorkbook.Path = "" Then
        MsgBox "Save this workbook first, as an Excel Macro-Enabled Workbook (.xlsm); then click Refresh Segments again.", vbInformation, "xlseg"
        Exit Sub
    End If
    On Error GoTo failed
    Application.StatusBar = "xlseg: starting Python ..."
    #If Not Mac Then
        XLPy.Module "xlseg.addin.ribbon" ' an installation that is not whole says so here, in our words
    #End If
    RunPython "import xlseg.addin.ribbon; xlseg.addin.ribbon.refresh_segments()"
    ' A formula that is given no data reads the workbook itself: Excel knows of no cell that it depends on.
    If Application.Calculation <> xlCalculationManual Then Application.CalculateFull
    Application.StatusBar = False
    Exit Sub
failed:
    Application.StatusBar = False
    MsgBox PlainWords(Err.Description), vbExclamation, "xlseg"
End Sub

' What went wrong before Python could say so itself, and what to do.
Private Function PlainWords(reason As String) As String
    Dim fact As String
    Dim advice As String
    If InStr(1, reason, ".dll", vbTextCompare) > 0 Then
        fact = "Excel does not find the part of xlwings that starts Python, or it is of another version than this workbook."
        advice = "install xlseg for Excel (pip install ""xlseg[excel]"")"
    ElseIf InStr(1, reason, "No module named", vbTextCompare) > 0 Then
        fact = "Python answers, but xlseg or xlwings is not installed in it."
        advice = "install xlseg for Excel (pip install ""xlseg[excel]"") in the Python that the sheet xlwings.conf names"
    Else
        fact = "Excel could not start Python."
        advice = "check Interpreter_Win on the sheet xlwings.conf"
    End If
    PlainWords = fact & vbNewLine & vbNewLine & "To go on, " & advice & ". `xlseg doctor " & ThisWorkbook.Name & "` in a command window says what is wrong." _
        & vbNewLine & vbNewLine & "The workbook is as it was. (" & reason & ")"
End Function
